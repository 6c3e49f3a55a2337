// The small pure parts: forwarded fields, response heads, statuses.

#include <gtest/gtest.h>

#include "http/forwarded_headers.h"
#include "http/response_head.h"
#include "http/status.h"

namespace stagecache::http {
namespace {

// An answer that followed one of these would be stored for everybody.
TEST(ForwardedHeaders, AreNoneThatSpeakForAProxy) {
  for (const char* name : {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-proto",
                           "X-Original-URL", "X-Original-Host", "X-Rewrite-URL",
                           "X-HTTP-Method-Override", "X-Method-Override", "X-Host"})
    EXPECT_TRUE(forwarded_headers({{name, "evil.example"}}).empty()) << name;
}

TEST(ForwardedHeaders, AreTheEndToEndOnes) {
  const Headers received = {{"Host", "us"},
                            {"User-Agent", "curl/8"},
                            {"Connection", "close, X-Hop"},
                            {"X-Hop", "1"},
                            {"Range", "bytes=0-"},
                            {"If-Range", "\"a\""},
                            {"if-none-match", "\"a\""},
                            {"Accept-Encoding", "gzip"},
                            {"Proxy-Authorization", "Basic x"},
                            {"Authorization", "Bearer y"},
                            {"TE", "trailers"}};

  const Headers expected = {{"User-Agent", "curl/8"}, {"Authorization", "Bearer y"}};

  EXPECT_EQ(forwarded_headers(received), expected);
}

TEST(ResponseHead, CarriesLengthAndTheServersOwnFields) {
  const Response response{
      .status = 200, .reason = "", .headers = {{"ETag", "\"a\""}}, .body = "", .close = false};

  EXPECT_EQ(response_head(response, {.length = 12, .date = "DATE"}),
            "HTTP/1.1 200 OK\r\nDate: DATE\r\nServer: stagecache\r\nContent-Length: 12\r\n"
            "ETag: \"a\"\r\n\r\n");
}

TEST(ResponseHead, CannotBeSplitByAValue) {
  Response response;
  response.reason = "fine\r\nX-Evil: 1";
  response.headers = {{"ETag", "a\r\nSet-Cookie: b"}, {"X", "c\rd"}};

  const std::string head = response_head(response, {.date = "DATE"});

  EXPECT_EQ(head.find("\nX-Evil"), std::string::npos);
  EXPECT_EQ(head.find("\nSet-Cookie"), std::string::npos);
  EXPECT_EQ(head.find("c\rd"), std::string::npos);
}

TEST(ResponseHead, HasNoLengthWhereNoneIsAllowed) {
  Response response{.status = 204, .reason = "", .headers = {}, .body = "", .close = false};

  EXPECT_EQ(response_head(response, {.date = "DATE"}).find("Content-Length"), std::string::npos);
}

TEST(ResponseHead, SaysWhetherTheConnectionStays) {
  const auto head = [](int version, Persistence persistence) {
    return response_head({}, {.version = version, .persistence = persistence, .date = "DATE"});
  };

  EXPECT_EQ(head(11, Persistence::KeepAlive).find("Connection"), std::string::npos);
  EXPECT_NE(head(10, Persistence::KeepAlive).find("Connection: keep-alive"), std::string::npos);
  EXPECT_NE(head(11, Persistence::Close).find("Connection: close"), std::string::npos);
}

TEST(StatusOf, TellsBusyFromBroken) {
  EXPECT_EQ(status_of(ErrorCode::Denied), 403);
  EXPECT_EQ(status_of(ErrorCode::Busy), 503);
  EXPECT_EQ(status_of(ErrorCode::NoSpace), 503);
  EXPECT_EQ(status_of(ErrorCode::Corrupt), 502);
  EXPECT_EQ(status_of(ErrorCode::TimedOut), 504);
}

}  // namespace
}  // namespace stagecache::http
