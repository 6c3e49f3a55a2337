#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace stagecache::http {
namespace {

using namespace std::string_literals;  // A literal with a NUL in it knows its length.

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

// Beast asserts when the last chunk comes in pieces.
TEST_F(RequestReaderTest, ReadsAChunkedBodyThatComesByteByByte) {
  const std::string text =
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n";
  for (const char c : text.substr(0, text.size() - 1))
    ASSERT_TRUE(std::holds_alternative<NeedMore>(feed({&c, 1})));

  EXPECT_EQ(std::get<Incoming>(feed("\n")).request.body, "abcde");
}

// RFC 9110 6.5.1. A Host, a length or credentials there would have passed every check.
TEST_F(RequestReaderTest, DropsTrailers) {
  const auto step = feed(
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nHost: b\r\nAuthorization: x\r\n\r\n");

  EXPECT_EQ(std::get<Incoming>(step).request.headers,
            (Headers{{"Host", "a"}, {"Transfer-Encoding", "chunked"}}));
}

// Beast counts what is buffered; so much of each field is taken off before the next comes.
TEST_F(RequestReaderTest, BoundsAHeadThatComesFieldByField) {
  feed("GET / HTTP/1.1\r\nHost: a\r\nX");
  RequestReader::Step step = NeedMore{};
  int fields = 0;
  while (std::holds_alternative<NeedMore>(step) && ++fields < 10'000) step = feed(": y\r\nX");

  ASSERT_TRUE(std::holds_alternative<Reject>(step));
  EXPECT_EQ(std::get<Reject>(step).status, 431);
  EXPECT_LT(fields, 4096 / 5);
}

TEST_F(RequestReaderTest, SkipsBlankLinesBeforeARequestHoweverTheyCome) {
  for (const char* piece : {"\r", "\n", "\r\n\r", "\n"})
    ASSERT_TRUE(std::holds_alternative<NeedMore>(feed(piece)));

  EXPECT_TRUE(std::holds_alternative<Incoming>(feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
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

/// The first step that is no NeedMore when the text comes in pieces of `piece` bytes.
RequestReader::Step first_step(std::string_view text, RequestReader::Limits limits,
                               std::size_t piece) {
  RequestReader reader(limits);
  RequestReader::Step step = NeedMore{};
  while (!text.empty() && std::holds_alternative<NeedMore>(step)) {
    const auto room = reader.space();
    const std::size_t count = std::min({room.size(), text.size(), piece});
    std::memcpy(room.data(), text.data(), count);
    reader.received(count);
    text.remove_prefix(count);
    step = reader.next();
  }
  return step;
}

TEST_P(Rejects, WithAStatusHoweverItComes) {
  const RequestReader::Limits limits{.header_bytes = 1024, .body_bytes = 0};
  for (const std::size_t piece : {100'000, 1, 7}) {
    const auto step = first_step(GetParam().text, limits, piece);
    ASSERT_TRUE(std::holds_alternative<Reject>(step)) << "in pieces of " << piece;
    EXPECT_EQ(std::get<Reject>(step).status, GetParam().status)
        << std::get<Reject>(step).text << ", in pieces of " << piece;
  }
}

class BodyRejects : public testing::TestWithParam<RejectCase> {};

TEST_P(BodyRejects, WithAStatusHoweverItComes) {
  const RequestReader::Limits limits{.header_bytes = 1024, .body_bytes = 10};
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\n" + GetParam().text;
  for (const std::size_t piece : {100'000, 1, 7}) {
    const auto step = first_step(text, limits, piece);
    ASSERT_TRUE(std::holds_alternative<Reject>(step)) << "in pieces of " << piece;
    EXPECT_EQ(std::get<Reject>(step).status, GetParam().status)
        << std::get<Reject>(step).text << ", in pieces of " << piece;
  }
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
    RejectCase{"EndlessHead", "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'), 431},
    RejectCase{"EndlessTarget", "GET /" + std::string(100'000, 'x'), 431},
    RejectCase{"EndlessMethod", std::string(100'000, 'x'), 431},
    RejectCase{"Folded", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
    RejectCase{"FoldedByATab", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400},
    RejectCase{"FoldedFirst", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", 400},
    RejectCase{"FoldedHost", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", 400},
    RejectCase{"FoldedToNothing", "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", 400},
    RejectCase{"BareLf", "GET / HTTP/1.1\nHost: a\n\n", 400},
    RejectCase{"BareLfBetweenFields", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
    RejectCase{"BareLfAtTheEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    RejectCase{"BareLfBefore", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"BareCr", "GET / HTTP/1.1\rHost: a\r\r", 400},
    RejectCase{"BareCrInAValue", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
    RejectCase{"TwoCrs", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
    RejectCase{"NulInAValue", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s, 400},
    RejectCase{"NulInAName", "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"s, 400},
    RejectCase{"NulInTheTarget", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
    RejectCase{"ControlInAValue", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
    RejectCase{"DeleteInAValue", "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400},
    RejectCase{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    RejectCase{"HostOfAUser", "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400},
    RejectCase{"HostWithABlank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    RejectCase{"HostWithAComma", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
    RejectCase{"HostWithAPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    RejectCase{"TwoEqualHosts", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", 400},
    RejectCase{"OddHostOfOldVersion", "GET / HTTP/1.0\r\nHost: a,b\r\n\r\n", 400},
    RejectCase{"BlankBeforeTheColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    RejectCase{"TabBeforeTheColon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 3\r\n\r\n", 400},
    RejectCase{"NoName", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
    RejectCase{"NoColon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400},
    RejectCase{"TwoEqualLengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
    RejectCase{"ListOfLengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", 400},
    RejectCase{"NegativeLength", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
    RejectCase{"HexLength", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n", 400},
    RejectCase{"EmptyLength", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
    RejectCase{"LengthPastAllBounds", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
    RejectCase{"LargestLength", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", 413},
    RejectCase{"OtherCodingAndLength", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n", 400},
    RejectCase{"OtherCodingAndNoLength", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 400},
    RejectCase{"CodingOfOldVersion", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    RejectCase{"ChunkedTwice", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    RejectCase{"ChunkedInAList", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    RejectCase{"ChunkedNotLast", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 501},
    RejectCase{"QuotedChunked", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 501},
    RejectCase{"EmptyCoding", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 501},
    RejectCase{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    RejectCase{"UnknownMethod", "FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    RejectCase{"NoMethod", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"NoTarget", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"TwoBlanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"TabForABlank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"BlankInTheTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"Version09", "GET /\r\n\r\n", 400},
    RejectCase{"NoVersion", "GET / \r\nHost: a\r\n\r\n", 400},
    RejectCase{"VersionInLowerCase", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"VersionWithMore", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    RejectCase{"VersionAndABlank", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    RejectCase{"OtherProtocol", "GET / HTTQ/1.1\r\nHost: a\r\n\r\n", 400},
    RejectCase{"Version12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    RejectCase{"Version99", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505}),
    [](const auto& test) { return test.param.name; });

const std::string kChunked = "Transfer-Encoding: chunked\r\n\r\n";
INSTANTIATE_TEST_SUITE_P(Cases, BodyRejects, testing::Values(
    RejectCase{"LengthPastTheLimit", "Content-Length: 11\r\n\r\n", 413},
    RejectCase{"ChunkPastTheLimit", kChunked + "b\r\nabc", 413},
    RejectCase{"ChunksPastTheLimit", kChunked + "6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", 413},
    RejectCase{"OverflowingChunk", kChunked + "10000000000000003\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"NegativeChunk", kChunked + "-1\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"SignedChunk", kChunked + "+3\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"PrefixedChunk", kChunked + "0x3\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"EmptyChunkSize", kChunked + "\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"BlankBeforeTheChunkSize", kChunked + " 3\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"BlankBehindTheChunkSize", kChunked + "3 \r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"ChunkSizeEndsInLf", kChunked + "3\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"ChunkLongerThanItSays", kChunked + "3\r\nabcd\r\n0\r\n\r\n", 400},
    RejectCase{"ChunkEndsInLf", kChunked + "3\r\nabc\n0\r\n\r\n", 400},
    RejectCase{"LfInAnExtension", kChunked + "3;a=\"\nb\"\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"NulInAnExtension", kChunked + "3;a=\"\0\"\r\nabc\r\n0\r\n\r\n"s, 400},
    RejectCase{"BrokenExtension", kChunked + "3;=\r\nabc\r\n0\r\n\r\n", 400},
    RejectCase{"LongExtension", kChunked + "3;a=" + std::string(2000, 'x') + "\r\nabc\r\n0\r\n\r\n", 431},
    RejectCase{"EndlessExtension", kChunked + "3;a=" + std::string(200'000, 'x'), 431},
    RejectCase{"ManyExtensions", kChunked + "1;a=" + std::string(600, 'x') + "\r\na\r\n1;a=" + std::string(600, 'x') + "\r\na\r\n0\r\n\r\n", 431},
    RejectCase{"EndlessTrailers", kChunked + "0\r\nX: " + std::string(200'000, 'x'), 431}),
    [](const auto& test) { return test.param.name; });
// clang-format on

}  // namespace
}  // namespace stagecache::http
