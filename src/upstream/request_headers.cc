#include "upstream/request_headers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "stagecache/upstream/credentials.h"

namespace stagecache::upstream {
namespace {

constexpr auto kOurs = std::to_array<std::string_view>(
    {// Of one connection (RFC 9110 7.6.1).
     "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
     "Upgrade", "Proxy-Authorization", "Proxy-Authenticate", "Expect", "Content-Length",
     // Ours to say: one fetch stands for many clients.
     "Host", "User-Agent", "Accept-Encoding", "Range", "If-Range", "If-Match", "If-None-Match",
     "If-Modified-Since", "If-Unmodified-Since"});

template <class Names>
bool among(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [&](auto other) { return same_header_name(name, other); });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 && c != '\t'; });
}

}  // namespace

Headers end_to_end(const Headers& headers) {
  Headers kept;
  for (const Header& header : headers)
    if (!among(kOurs, header.name) && !has_control(header.name) && !has_control(header.value))
      kept.push_back(header);
  return kept;
}

Headers without_credentials(const Headers& headers) {
  Headers kept;
  for (const Header& header : headers)
    if (!is_credential(header.name)) kept.push_back(header);
  return kept;
}

bool is_strong_etag(std::string_view etag) {
  return etag.starts_with('"');
}

Headers range_and_conditions(const FetchRequest& request) {
  const Validators& validators = request.validators;
  Headers headers;
  if (request.offset > 0) {
    headers.push_back({"Range", "bytes=" + std::to_string(request.offset) + "-"});
    if (is_strong_etag(validators.etag)) headers.push_back({"If-Range", validators.etag});
    else if (!validators.last_modified.empty())
      headers.push_back({"If-Range", validators.last_modified});
    return headers;
  }
  if (!request.conditional) return headers;
  if (!validators.etag.empty()) headers.push_back({"If-None-Match", validators.etag});
  if (!validators.last_modified.empty())
    headers.push_back({"If-Modified-Since", validators.last_modified});
  return headers;
}

}  // namespace stagecache::upstream
