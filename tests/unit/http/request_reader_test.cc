#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace stagecache::http {
namespace {

using Incoming = RequestReader::Incoming;
using NeedMore = RequestReader::NeedMore;
using Reject = RequestReader::Reject;
using SendContinue = RequestReader::SendContinue;

class RequestReaderTest : public testing::Test {
 protected:
  RequestReader::Step feed(std::string_view text) {
    while (!text.empty()) {
      const auto room = reader.space();
      const std::size_t count = std::min(room.size(), text.size());
      std::memcpy(room.data(), text.data(), count);
      reader.received(count);
      text.remove_prefix(count);
      if (text.empty()) break;
      auto step = reader.next();
      if (!std::holds_alternative<NeedMore>(step)) return step;
    }
    return reader.next();
  }

  RequestReader reader{{.header_bytes = 4096, .body_bytes = 100'000}};
};

TEST_F(RequestReaderTest, ReadsARequestThatComesByteByByte) {
  const std::string text = "GET /x?y HTTP/1.1\r\nHost: a\r\nX-Y: z\r\n\r\n";
  for (const char c : text.substr(0, text.size() - 1))
    ASSERT_TRUE(std::holds_alternative<NeedMore>(feed({&c, 1})));
  EXPECT_TRUE(reader.has_begun());

  const auto step = feed("\n");

  const auto& [request, persistence] = std::get<Incoming>(step);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/x?y");
  EXPECT_EQ(request.version, 11);
  EXPECT_EQ(request.headers, (Headers{{"Host", "a"}, {"X-Y", "z"}}));
  EXPECT_EQ(persistence, Persistence::KeepAlive);
  EXPECT_FALSE(reader.has_begun());
}

TEST_F(RequestReaderTest, KeepsPipelinedRequestsApart) {
  const auto first =
      feed("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(std::get<Incoming>(first).request.target, "/1");
  EXPECT_TRUE(reader.has_begun());
  EXPECT_EQ(std::get<Incoming>(reader.next()).request.target, "/2");
  EXPECT_TRUE(std::holds_alternative<NeedMore>(reader.next()));
}

TEST_F(RequestReaderTest, ReadsABodyLargerThanItsBuffer) {
  const std::string body(90'000, 'b');

  const auto step = feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + body);

  EXPECT_EQ(std::get<Incoming>(step).request.body, body);
}

TEST_F(RequestReaderTest, ReadsAChunkedBody) {
  const auto step = feed(
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");

  EXPECT_EQ(std::get<Incoming>(step).request.body, "abcde");
}

TEST_F(RequestReaderTest, AsksForTheBodyThatAClientHoldsBack) {
  const auto head =
      feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(std::holds_alternative<SendContinue>(head));

  EXPECT_EQ(std::get<Incoming>(feed("ok")).request.body, "ok");
}

struct VersionCase {
  const char* name;
  const char* head;
  Persistence persistence;
};
class Persistences : public testing::TestWithParam<VersionCase> {};

TEST_P(Persistences, FollowVersionAndConnectionField) {
  RequestReader reader({.header_bytes = 4096, .body_bytes = 0});
  const std::string text = std::string(GetParam().head) + "\r\n\r\n";
  std::memcpy(reader.space().data(), text.data(), text.size());
  reader.received(text.size());

  EXPECT_EQ(std::get<Incoming>(reader.next()).persistence, GetParam().persistence);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Persistences,
    testing::Values(VersionCase{"Http11", "GET / HTTP/1.1\r\nHost: a", Persistence::KeepAlive},
                    VersionCase{"Http11Close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close",
                                Persistence::Close},
                    VersionCase{"Http10", "GET / HTTP/1.0", Persistence::Close},
                    VersionCase{"Http10KeepAlive", "GET / HTTP/1.0\r\nConnection: keep-alive",
                                Persistence::KeepAlive}),
    [](const auto& test) { return test.param.name; });

struct RejectCase {
  const char* name;
  std::string text;
  int status;
};
class Rejects : public testing::TestWithParam<RejectCase> {};

TEST_P(Rejects, WithAStatus) {
  RequestReader reader({.header_bytes = 1024, .body_bytes = 0});
  RequestReader::Step step = NeedMore{};
  for (std::string_view rest = GetParam().text;
       !rest.empty() && std::holds_alternative<NeedMore>(step);) {
    const auto room = reader.space();
    const std::size_t count = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), count);
    reader.received(count);
    rest.remove_prefix(count);
    step = reader.next();
  }

  ASSERT_TRUE(std::holds_alternative<Reject>(step));
  EXPECT_EQ(std::get<Reject>(step).status, GetParam().status);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, Rejects, testing::Values(
    RejectCase{"Garbage", "\x16\x03\x01 hello\r\n\r\n", 400},
    RejectCase{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
    RejectCase{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    RejectCase{"LengthAndChunked", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    RejectCase{"ChunkedAndLength", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
    RejectCase{"TwoLengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
    RejectCase{"SignedLength", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n", 400},
    RejectCase{"BodyWhereNoneIsTaken", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", 413},
    RejectCase{"ChunkedWhereNoneIsTaken", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413},
    RejectCase{"OtherCoding", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
    RejectCase{"OtherExpectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417},
    RejectCase{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    RejectCase{"LongHead", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", 431},
    RejectCase{"LongTarget", "GET /" + std::string(2000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
    RejectCase{"EndlessHead", "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'), 431}),
    [](const auto& test) { return test.param.name; });
// clang-format on

}  // namespace
}  // namespace stagecache::http
