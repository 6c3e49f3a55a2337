// Whatever the bytes and however they are cut, the reader stays within its bounds, and
// what it calls a request means one thing only.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "http/request_reader.h"
#include "stagecache/base/check.h"

namespace {

using namespace stagecache;
using http::RequestReader;

constexpr RequestReader::Limits kLimits{.header_bytes = 1024, .body_bytes = 4096};

bool has_control(std::string_view text) {
  return std::ranges::any_of(text,
                             [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

std::size_t count(const Headers& headers, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [&](const Header& header) { return same_header_name(header.name, name); }));
}

void check_request(const http::Request& request) {
  CHECK(request.version == 10 || request.version == 11);
  CHECK(!request.method.empty() && !request.target.empty());
  CHECK(!has_control(request.method) && !has_control(request.target));
  CHECK(request.target.find(' ') == std::string::npos);
  CHECK(request.body.size() <= kLimits.body_bytes);
  std::size_t head = request.method.size() + request.target.size();
  for (const Header& header : request.headers) {
    CHECK(!header.name.empty() && !has_control(header.name) && !has_control(header.value));
    head += header.name.size() + header.value.size();
  }
  CHECK(head <= kLimits.header_bytes);
  CHECK(count(request.headers, "Host") <= 1);
  CHECK(request.version == 10 || count(request.headers, "Host") == 1);
  CHECK(count(request.headers, "Content-Length") + count(request.headers, "Transfer-Encoding") <=
        1);
}

/// The requests that the bytes come to in pieces of `piece` bytes: a line each.
std::string story(std::string_view bytes, std::size_t piece) {
  RequestReader reader(kLimits);
  std::string told;
  while (!bytes.empty()) {
    const auto room = reader.space();
    CHECK(!room.empty());
    const std::size_t given = std::min({room.size(), bytes.size(), piece});
    std::memcpy(room.data(), bytes.data(), given);
    reader.received(given);
    bytes.remove_prefix(given);
    for (auto step = reader.next(); !std::holds_alternative<RequestReader::NeedMore>(step);
         step = reader.next()) {
      if (const auto* refused = std::get_if<RequestReader::Reject>(&step)) {
        CHECK(refused->status >= 400 && refused->status <= 505 && !has_control(refused->text));
        return told;  // When a fault is seen may depend on the cut.
      }
      if (const auto* incoming = std::get_if<RequestReader::Incoming>(&step)) {
        check_request(incoming->request);
        told += incoming->request.method + " " + incoming->request.target + " " +
                std::to_string(incoming->request.body.size()) + "\n";
      }
    }
  }
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const std::string at_once = story(text, 1 << 20);
  // How the network cuts the bytes must not make other requests of them.
  CHECK(story(text, 1) == at_once);
  CHECK(story(text, 3) == at_once);
  return 0;
}
