#include "upstream/answer.h"

#include <gtest/gtest.h>

namespace stagecache::upstream {
namespace {

struct FixedClock final : Clock {
  WallTime wall() const override { return WallTime(std::chrono::seconds(784'111'777)); }
  SteadyTime steady() const override { return {}; }
};

FetchRequest resume(bool digest_known) {
  FetchRequest request;
  request.url = Url::parse("https://a.org/x").value();
  request.offset = 10;
  request.expected_size = 20;
  request.validators.etag = "\"one\"";
  request.digest_known = digest_known;
  return request;
}

std::string read(const FetchRequest& request, int status, Headers headers) {
  const auto answer = read_answer(request, {status, request.url, std::move(headers)}, FixedClock());
  if (!answer) return std::string(to_string(answer.error().error.code));
  std::string text = answer->kind == Answer::Kind::Body     ? "body"
                     : answer->kind == Answer::Kind::NoBody ? "nobody"
                                                            : "redirect";
  if (answer->head.total_size) text += " of " + std::to_string(*answer->head.total_size);
  if (answer->length) text += " length " + std::to_string(*answer->length);
  if (answer->skip) text += " skip " + std::to_string(answer->skip);
  return text;
}

struct ResumeCase {
  const char* name;
  int status;
  Headers headers;
  const char* with_validators;
  const char* with_digest;
};
class Resume : public testing::TestWithParam<ResumeCase> {};

TEST_P(Resume, FromByte10Of20) {
  EXPECT_EQ(read(resume(false), GetParam().status, GetParam().headers), GetParam().with_validators);
  EXPECT_EQ(read(resume(true), GetParam().status, GetParam().headers), GetParam().with_digest);
}

const Header kSame{"ETag", "\"one\""};
const Header kOther{"ETag", "\"two\""};
const Header kPart{"Content-Range", "bytes 10-19/20"};
// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, Resume, testing::Values(
    ResumeCase{"Rest",             206, {kPart, kSame}, "body of 20 length 10", "body of 20 length 10"},
    ResumeCase{"RestWithoutEtag",  206, {kPart}, "body of 20 length 10", "body of 20 length 10"},
    ResumeCase{"RestOfUnknownTotal", 206, {{"Content-Range", "bytes 10-19/*"}}, "body of 20 length 10", "body of 20 length 10"},
    ResumeCase{"OnlyAPart",        206, {{"Content-Range", "bytes 10-14/20"}}, "body of 20 length 5", "body of 20 length 5"},
    ResumeCase{"OtherEtag",        206, {kPart, kOther}, "changed", "body of 20 length 10"},
    ResumeCase{"OtherTotal",       206, {{"Content-Range", "bytes 10-20/21"}, kSame}, "changed", "changed"},
    ResumeCase{"OtherStart",       206, {{"Content-Range", "bytes 9-19/20"}, kSame}, "changed", "changed"},
    ResumeCase{"NoContentRange",   206, {kSame}, "changed", "changed"},
    ResumeCase{"Multipart",        206, {{"Content-Type", "multipart/byteranges; boundary=x"}, kSame}, "changed", "changed"},
    ResumeCase{"LengthContradicts", 206, {kPart, {"Content-Length", "11"}}, "unavailable", "unavailable"},
    ResumeCase{"Whole",            200, {{"Content-Length", "20"}, kSame}, "body of 20 length 20 skip 10", "body of 20 length 20 skip 10"},
    ResumeCase{"WholeChunked",     200, {{"Transfer-Encoding", "chunked"}, kSame}, "body of 20 skip 10", "body of 20 skip 10"},
    ResumeCase{"WholeOtherEtag",   200, {{"Content-Length", "20"}, kOther}, "changed", "body of 20 length 20 skip 10"},
    ResumeCase{"WholeNoEtag",      200, {{"Content-Length", "20"}}, "changed", "body of 20 length 20 skip 10"},
    ResumeCase{"WholeOtherSize",   200, {{"Content-Length", "21"}, kSame}, "changed", "changed"},
    ResumeCase{"NotSatisfiable",   416, {{"Content-Range", "bytes */20"}}, "changed", "changed"},
    ResumeCase{"NotModified",      304, {kSame}, "unavailable", "unavailable"},
    ResumeCase{"Gzip",             200, {{"Content-Encoding", "gzip"}, kSame}, "unavailable", "unavailable"},
    ResumeCase{"NotFound",         404, {}, "not_found", "not_found"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(ReadAnswer, Takes416AtTheEndForNothingLeft) {
  FetchRequest request = resume(false);
  request.offset = 20;

  EXPECT_EQ(read(request, 416, {{"Content-Range", "bytes */20"}}), "nobody of 20");
  EXPECT_EQ(read(request, 416, {}), "nobody of 20");
  EXPECT_EQ(read(request, 416, {{"Content-Range", "bytes */19"}}), "changed");
  request.expected_size.reset();
  EXPECT_EQ(read(request, 416, {}), "changed");
}

TEST(ReadAnswer, OfAFreshFetch) {
  FetchRequest request;

  EXPECT_EQ(read(request, 200, {{"Content-Length", "7"}}), "body of 7 length 7");
  EXPECT_EQ(read(request, 200, {{"content-length", "0"}}), "body of 0 length 0");
  EXPECT_EQ(read(request, 200, {}), "body");
  EXPECT_EQ(read(request, 200, {{"Content-Length", "7"}, {"Content-Length", "7"}}),
            "body of 7 length 7");
  EXPECT_EQ(read(request, 200, {{"Content-Length", "7"}, {"Content-Length", "8"}}), "unavailable");
  EXPECT_EQ(read(request, 200, {{"Content-Length", "-7"}}), "unavailable");
  EXPECT_EQ(read(request, 200, {{"Content-Length", "99999999999999999999"}}), "unavailable");
  EXPECT_EQ(read(request, 200, {{"Content-Encoding", "identity"}}), "body");
  EXPECT_EQ(read(request, 206, {{"Content-Range", "bytes 0-6/7"}}), "unavailable");
  EXPECT_EQ(read(request, 204, {}), "unavailable");
  EXPECT_EQ(read(request, 304, {}), "unavailable");
  EXPECT_EQ(read(request, 410, {}), "gone");
  EXPECT_EQ(read(request, 403, {}), "unavailable");
  EXPECT_EQ(read(request, 302, {{"Location", "/y#z"}}), "redirect");
  EXPECT_EQ(read(request, 302, {}), "unavailable");
  EXPECT_EQ(read(request, 300, {{"Location", "/y"}}), "unavailable");
  request.conditional = true;
  EXPECT_EQ(read(request, 304, {}), "nobody");
}

RetryHint hint(int status, Headers headers = {}) {
  return read_answer({}, {status, {}, std::move(headers)}, FixedClock()).error().hint;
}

TEST(ReadAnswer, SaysWhichStatusesMayPass) {
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_TRUE(hint(status).worth) << status;
  for (const int status : {400, 401, 403, 404, 410, 451})
    EXPECT_FALSE(hint(status).worth) << status;
}

TEST(ReadAnswer, ReadsRetryAfterAsSecondsAndAsADate) {
  using std::chrono::seconds;

  EXPECT_EQ(hint(503, {{"Retry-After", "7"}}).after, seconds(7));
  EXPECT_EQ(hint(429, {{"Retry-After", "Sun, 06 Nov 1994 08:50:00 GMT"}}).after, seconds(23));
  EXPECT_EQ(hint(429, {{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}).after, seconds(0));
  EXPECT_EQ(hint(503, {{"Retry-After", "soon"}}).after, std::nullopt);
  EXPECT_EQ(hint(503).after, std::nullopt);
}

TEST(ParseContentRange, TakesOnlyWhatIsConsistent) {
  EXPECT_EQ(parse_content_range("bytes 10-19/20")->range, (ByteRange{10, 20}));
  EXPECT_EQ(parse_content_range("Bytes */20")->total, 20u);
  EXPECT_EQ(parse_content_range("bytes 10-19/*")->total, std::nullopt);
  for (const char* bad :
       {"", "bytes", "bytes 10-19", "bytes 19-10/20", "bytes 10-20/20", "bytes */*", "pages 1-2/3",
        "bytes 10-18446744073709551615/*", "bytes +1-2/3", "bytes -2/3"})
    EXPECT_FALSE(parse_content_range(bad)) << bad;
}

}  // namespace
}  // namespace stagecache::upstream
