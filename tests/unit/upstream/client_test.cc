#include "stagecache/upstream/client.h"

#include <gtest/gtest.h>

#include "tests/unit/upstream/bench.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using namespace test;  // NOLINT: the bench.
using stagecache::test::ScriptedOrigin;

TEST(Client, SendsAnyMethodAndBringsTheWholeAnswer) {
  const ScriptedOrigin server([](Exchange& e) {
    e.send("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok");
  });

  const auto response = upstream::request({.method = "PUT",
                                           .url = server.url("/v1/pin"),
                                           .headers = {{"Authorization", "Bearer t"}},
                                           .body = "{}"});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(find_header(response->headers, "x-a"), "b");
  EXPECT_TRUE(server.requests()[0].starts_with("PUT /v1/pin HTTP/1.1\r\n"));
  EXPECT_TRUE(server.requests()[0].contains("Authorization: Bearer t\r\n"));
}

TEST(Client, SaysWhatIsWrong) {
  const ScriptedOrigin silent([](Exchange& e) { e.stay_silent(); });

  EXPECT_EQ(upstream::request({.url = "no url", .headers = {}, .body = {}}).error().code,
            ErrorCode::BadInput);
  EXPECT_EQ(upstream::request({.url = silent.url("/"), .headers = {}, .body = {}, .timeout = 50ms})
                .error()
                .code,
            ErrorCode::TimedOut);
  const auto refused = upstream::request({.url = "http://127.0.0.1:1/", .headers = {}, .body = {}});
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(refused.error().message.starts_with("connect to 127.0.0.1:1: "))
      << refused.error().message;
}

}  // namespace
}  // namespace stagecache::upstream
