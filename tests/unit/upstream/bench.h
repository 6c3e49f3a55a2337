#pragma once
// What the tests over real sockets share: answers, quick options, and one origin
// with an Upstream that may ask it.

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "stagecache/upstream/upstream.h"
#include "tests/support/scripted_origin.h"
#include "tests/unit/upstream/recording_sink.h"

namespace stagecache::upstream::test {

using Exchange = stagecache::test::ScriptedOrigin::Exchange;

inline std::string make_body(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * 7919 % 26);
  return body;
}
inline const std::string kBody = make_body(300'000);

inline std::string ok(std::size_t length, std::string_view more = "ETag: \"e\"\r\n") {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n", length, more);
}
inline std::string partial(std::uint64_t from, std::string_view etag = "\"e\"") {
  return fmt::format(
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\nETag: {}\r\n\r\n", from,
      kBody.size() - 1, kBody.size(), etag);
}
inline std::string redirect_to(std::string_view place) {
  return fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", place);
}
inline constexpr const char* kNotFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope";

inline Options quick() {
  return {.resolver = {},
          .proxy = {},
          .ca_file = {},
          .attempts = 3,
          .first_backoff = std::chrono::milliseconds(1),
          .longest_backoff = std::chrono::milliseconds(5)};
}

inline HostRule loopback(std::string name, std::uint16_t port) {
  return {.name = std::move(name), .scheme = Scheme::Http, .ports = {port}, .allow_private = true};
}

/// One origin, an Upstream that may ask it, one fetch.
struct Bench {
  explicit Bench(stagecache::test::ScriptedOrigin::Script script, Options options = quick())
      : origin(std::move(script)),
        upstream(std::move(options), Policy({loopback("127.0.0.1", origin.port())}, {})) {
    request.url = Url::parse(origin.url("/x.tgz")).value();
  }
  Status fetch(std::stop_token stop = {}) { return upstream.fetcher().fetch(request, sink, stop); }

  stagecache::test::ScriptedOrigin origin;
  Upstream upstream;
  FetchRequest request;
  RecordingSink sink;
};

}  // namespace stagecache::upstream::test
