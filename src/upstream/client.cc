#include "stagecache/upstream/client.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "stagecache/model/url.h"
#include "upstream/curl_handles.h"

namespace stagecache::upstream {
namespace {

constexpr std::size_t kMaxBody = 64 * 1024 * 1024;

struct Incoming {
  ClientResponse response;
  bool too_large = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* context) {
  auto& incoming = *static_cast<Incoming*>(context);
  incoming.too_large = incoming.response.body.size() + size > kMaxBody;
  if (incoming.too_large) return CURL_WRITEFUNC_ERROR;
  incoming.response.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* context) {
  auto& headers = static_cast<Incoming*>(context)->response.headers;
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) headers.clear();  // An interim answer came before.
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::size_t value = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
  headers.push_back({std::string(line.substr(0, colon)), std::string(line.substr(value))});
  return size;
}

HeaderList header_list(const ClientRequest& request) {
  HeaderList list;
  for (const Header& header : request.headers) append_header(list, header.name, header.value);
  list.reset(curl_slist_append(list.release(), "Expect:"));  // No waiting for 100 Continue.
  return list;
}

void set_method(CURL* easy, const ClientRequest& request) {
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

ErrorCode code_of(CURLcode code) {
  return code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::TimedOut : ErrorCode::Unavailable;
}

}  // namespace

Result<ClientResponse> request(const ClientRequest& request) {
  const auto url = Url::parse(request.url);
  if (!url) return fail(ErrorCode::BadInput, url.error().message);

  Incoming incoming;
  std::array<char, CURL_ERROR_SIZE> curl_says{};
  const HeaderList headers = header_list(request);
  const EasyHandle easy = make_easy_handle();
  curl_easy_setopt(easy.get(), CURLOPT_URL, url->to_string().c_str());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &incoming);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &incoming);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, curl_says.data());
  set_method(easy.get(), request);

  const CURLcode code = curl_easy_perform(easy.get());
  if (incoming.too_large)
    return fail(ErrorCode::Unavailable,
                fmt::format("{}: the answer is larger than {} bytes", request.url, kMaxBody));
  if (code != CURLE_OK)
    return fail(code_of(code),
                fmt::format("connect to {}:{}: {}", url->host, url->port,
                            curl_says.front() ? curl_says.data() : curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  incoming.response.status = static_cast<int>(status);
  return std::move(incoming.response);
}

}  // namespace stagecache::upstream
