#include "stagecache/http/data_routes.h"

#include <gtest/gtest.h>

#include <future>

#include "http/artifact_response.h"
#include "http/error_line.h"
#include "tests/unit/http/fake_body.h"
#include "tests/unit/http/raw_client.h"

namespace stagecache::http {
namespace {

using namespace std::chrono_literals;
using test::BodyScript;
using test::RawClient;

const std::string kHex = "0834c775f38473f67cb122e0ec21074f800ced50c1ff1b9e37e222a0069dc5c7";
constexpr const char* kDate = "Mon, 23 Nov 2026 15:28:00 GMT";

std::shared_ptr<cache::Body> body_with(cache::Meta meta) {
  return std::make_shared<test::FakeBody>(std::make_shared<BodyScript>("0123456789"), meta);
}

cache::Meta hit() {
  return {.size = 10,
          .sha256 = *Sha256::parse(kHex),
          .etag = "\"a\"",
          .last_modified = kDate,
          .content_type = "application/gzip",
          .age_s = 7,
          .outcome = cache::Outcome::Hit};
}

std::string field(const Response& response, std::string_view name) {
  return std::string(find_header(response.headers, name).value_or("(none)"));
}

TEST(ArtifactResponse, SaysAllThatIsKnown) {
  const auto response = artifact_response({}, NamedBy::Url, body_with(hit()));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(field(response, "Content-Type"), "application/gzip");
  EXPECT_EQ(field(response, "ETag"), "\"a\"");
  EXPECT_EQ(field(response, "Last-Modified"), kDate);
  EXPECT_EQ(field(response, "Accept-Ranges"), "bytes");
  EXPECT_EQ(field(response, "Repr-Digest"),
            "sha-256=:CDTHdfOEc/Z8sSLg7CEHT4AM7VDB/xueN+IioAadxcc=:");
  EXPECT_EQ(field(response, "Age"), "7");
  EXPECT_EQ(field(response, "X-Stagecache"), "hit");
  EXPECT_EQ(field(response, "Content-Encoding"), "(none)");
}

TEST(ArtifactResponse, KeepsQuietAboutWhatIsNotKnown) {
  cache::Meta nothing;
  nothing.outcome = cache::Outcome::Miss;
  const auto response = artifact_response({}, NamedBy::Url, body_with(nothing));

  EXPECT_EQ(field(response, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(field(response, "X-Stagecache"), "miss");
  for (const char* name : {"ETag", "Last-Modified", "Repr-Digest", "Age"})
    EXPECT_EQ(field(response, name), "(none)") << name;
}

TEST(EntityTag, IsTheOriginsStrongOneByUrlAndTheDigestOtherwise) {
  const std::string digest = "\"" + kHex + "\"";
  cache::Meta meta = hit();
  EXPECT_EQ(entity_tag(NamedBy::Url, meta), "\"a\"");
  EXPECT_EQ(entity_tag(NamedBy::Digest, meta), digest);
  meta.etag = "W/\"a\"";
  EXPECT_EQ(entity_tag(NamedBy::Url, meta), digest);
  meta.sha256.reset();
  EXPECT_EQ(entity_tag(NamedBy::Url, meta), "");
}

struct AnswerCase {
  const char* name;
  Headers request;
  int status;
  std::string content_range;
};
class ArtifactResponseTo : public testing::TestWithParam<AnswerCase> {};

TEST_P(ArtifactResponseTo, RangesAndConditions) {
  const auto response = artifact_response(GetParam().request, NamedBy::Url, body_with(hit()));

  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(field(response, "Content-Range"), GetParam().content_range);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, ArtifactResponseTo, testing::Values(
    AnswerCase{"Range", {{"Range", "bytes=2-4"}}, 206, "bytes 2-4/10"},
    AnswerCase{"Suffix", {{"Range", "bytes=-3"}}, 206, "bytes 7-9/10"},
    AnswerCase{"Outside", {{"Range", "bytes=10-"}}, 416, "bytes */10"},
    AnswerCase{"Several", {{"Range", "bytes=0-1,3-4"}}, 200, "(none)"},
    AnswerCase{"IfRangeHolds", {{"Range", "bytes=2-"}, {"If-Range", "\"a\""}}, 206, "bytes 2-9/10"},
    AnswerCase{"IfRangeFails", {{"Range", "bytes=2-"}, {"If-Range", "\"b\""}}, 200, "(none)"},
    AnswerCase{"IfRangeFailsOutside", {{"Range", "bytes=99-"}, {"If-Range", "\"b\""}}, 200, "(none)"},
    AnswerCase{"NotModified", {{"If-None-Match", "\"a\""}}, 304, "(none)"},
    AnswerCase{"NotModifiedWinsOverRange", {{"If-None-Match", "\"a\""}, {"Range", "bytes=2-4"}}, 304, "(none)"},
    AnswerCase{"Failed", {{"If-Match", "\"b\""}}, 412, "(none)"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(ArtifactResponse, NamesNoTypeWhereThereIsNoBody) {
  const auto response =
      artifact_response({{"If-None-Match", "\"a\""}}, NamedBy::Url, body_with(hit()));

  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(field(response, "Content-Type"), "(none)");
  EXPECT_EQ(field(response, "ETag"), "\"a\"");
}

TEST(ArtifactResponse, GivesTheWholeForARangeOfAnUnknownSize) {
  const auto response = artifact_response({{"Range", "bytes=2-4"}}, NamedBy::Url, body_with({}));

  EXPECT_EQ(response.status, 200);
  EXPECT_FALSE(std::get<CachedBody>(response.body).range);
}

/// The routes with a cache that does what the test says.
class DataRoutesTest : public testing::Test {
 protected:
  Response ask(const std::string& method, const std::string& target, Headers headers = {}) {
    headers.insert(headers.begin(), {"Host", "cache.example"});
    auto answered = std::make_shared<std::promise<Response>>();
    auto answer = answered->get_future();
    routes({.method = method,
            .target = target,
            .headers = headers,
            .body = "",
            .peer = "1.2.3.4",
            .local = "127.0.0.1"},
           [answered](Response response) { answered->set_value(std::move(response)); });
    return answer.get();
  }
  static std::string text(const Response& response) { return std::get<std::string>(response.body); }

  std::function<void(cache::Request, cache::Cache::OnBody)> open =
      [](cache::Request, cache::Cache::OnBody on_body) { on_body(body_with(hit())); };
  std::optional<std::chrono::seconds> retry_after;
  DataRoutes routes{[this](cache::Request request, cache::Cache::OnBody on_body) {
                      open(std::move(request), std::move(on_body));
                    },
                    {.names = {"cache.example"},
                     .listed = {},
                     .via = "stagecache-17",
                     .header_timeout = 50ms,
                     .retry_after = [this](const cache::Request&) { return retry_after; }}};
};

TEST_F(DataRoutesTest, AsksTheCacheForSourceDigestAndEndToEndFields) {
  cache::Request asked;
  open = [&](cache::Request request, cache::Cache::OnBody on_body) {
    asked = request;
    on_body(body_with(hit()));
  };

  const auto response =
      ask("GET", "/sha256/" + kHex + "/mirror/a.org/x.tgz",
          {{"User-Agent", "curl"}, {"Range", "bytes=2-4"}, {"Connection", "close"}});

  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(asked.source->to_string(), "https://a.org/x.tgz");
  EXPECT_EQ(asked.sha256->hex(), kHex);
  EXPECT_EQ(asked.headers, (Headers{{"User-Agent", "curl"}}));
  EXPECT_EQ(field(response, "ETag"), "\"" + kHex + "\"");
}

TEST_F(DataRoutesTest, RefusesWhatItSentItself) {
  for (const char* via :
       {"1.1 stagecache-17", "1.0 fred, 1.1 stagecache-17 (comment)", "HTTP/1.1\tstagecache-17"}) {
    const auto response = ask("GET", "/mirror/a.org/x", {{"Via", "1.1 other"}, {"via", via}});
    EXPECT_EQ(response.status, 403) << via;
    EXPECT_NE(text(response).find("circle"), std::string::npos);
  }
  for (const char* via : {"1.1 stagecache-170", "1.1 stagecache-18", "1.1 fred (stagecache-17)"})
    EXPECT_EQ(ask("GET", "/mirror/a.org/x", {{"Via", via}}).status, 200) << via;
}

TEST_F(DataRoutesTest, AnswersHealth) {
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

TEST_F(DataRoutesTest, ExplainsItsPathsToWhoeverIsLost) {
  const auto response = ask("GET", "/index.html");

  EXPECT_EQ(response.status, 404);
  EXPECT_NE(text(response).find("/mirror/<host>/<path>"), std::string::npos);
}

TEST_F(DataRoutesTest, AllowsGetAndHeadOnly) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const auto response = ask(method, "/mirror/a.org/x");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(field(response, "Allow"), "GET, HEAD") << method;
  }
  EXPECT_EQ(ask("HEAD", "/mirror/a.org/x").status, 200);
}

TEST_F(DataRoutesTest, ExplainsARefusedConnectInTheReasonPhrase) {
  const auto response = ask("CONNECT", "archive.apache.org:443");

  EXPECT_EQ(response.status, 405);
  EXPECT_TRUE(response.reason.starts_with("CONNECT refused: ")) << response.reason;
}

TEST_F(DataRoutesTest, SaysWhyInTheReasonPhraseToo) {
  const auto response = ask("GET", "/index.html");

  EXPECT_EQ(response.reason.substr(0, 33), "Not Found; stagecache: /index.htm");
  EXPECT_NE(response.reason.find("/mirror/<host>/<path>"), std::string::npos);
}

TEST_F(DataRoutesTest, KeepsLineAndReasonPhraseShort) {
  open = [](cache::Request, cache::Cache::OnBody on_body) {
    on_body(fail(ErrorCode::NotFound, std::string(5'000, 'x')));
  };

  const auto response = ask("GET", "/mirror/a.org/x");

  EXPECT_LE(text(response).size(), kErrorLineBytes + 1);
  EXPECT_LT(response.reason.size(), 320U);
}

TEST_F(DataRoutesTest, IgnoresARangeOfHead) {
  EXPECT_EQ(ask("HEAD", "/mirror/a.org/x", {{"Range", "bytes=2-4"}}).status, 200);
}

struct ErrorCase {
  const char* name;
  ErrorCode code;
  int status;
};
class DataRoutesErrors : public DataRoutesTest, public testing::WithParamInterface<ErrorCase> {};

TEST_P(DataRoutesErrors, BecomeAStatusAndOneLine) {
  open = [](cache::Request, cache::Cache::OnBody on_body) {
    on_body(fail(GetParam().code, "a.org is\nnot there"));
  };

  const auto response = ask("GET", "/mirror/a.org/x");

  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_TRUE(text(response).starts_with("stagecache: a.org is not there; ")) << text(response);
  EXPECT_EQ(text(response).find('\n'), text(response).size() - 1);
  EXPECT_EQ(field(response, "Retry-After"), GetParam().status == 503 ? "5" : "(none)");
}

INSTANTIATE_TEST_SUITE_P(Cases, DataRoutesErrors,
                         testing::Values(ErrorCase{"Denied", ErrorCode::Denied, 403},
                                         ErrorCase{"NotFound", ErrorCode::NotFound, 404},
                                         ErrorCase{"Gone", ErrorCode::Gone, 410},
                                         ErrorCase{"BadInput", ErrorCode::BadInput, 400},
                                         ErrorCase{"Conflict", ErrorCode::Conflict, 409},
                                         ErrorCase{"Unavailable", ErrorCode::Unavailable, 502},
                                         ErrorCase{"Changed", ErrorCode::Changed, 502},
                                         ErrorCase{"Corrupt", ErrorCode::Corrupt, 502},
                                         ErrorCase{"Busy", ErrorCode::Busy, 503},
                                         ErrorCase{"NoSpace", ErrorCode::NoSpace, 503},
                                         ErrorCase{"DiskFull", ErrorCode::DiskFull, 503},
                                         ErrorCase{"TimedOut", ErrorCode::TimedOut, 504},
                                         ErrorCase{"Internal", ErrorCode::Internal, 500}),
                         [](const auto& test) { return test.param.name; });

TEST_F(DataRoutesTest, SaysHowLongAFailureWillBeTheAnswer) {
  open = [](cache::Request, cache::Cache::OnBody on_body) {
    on_body(fail(ErrorCode::NotFound, "a.org/x: answered 404"));
  };
  retry_after = std::chrono::seconds(17);

  const auto response = ask("GET", "/mirror/a.org/x");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(field(response, "Retry-After"), "17");
}

TEST_F(DataRoutesTest, Answers504WhenNoHeadComesAndIgnoresALateOne) {
  std::optional<cache::Cache::OnBody> kept;
  open = [&](cache::Request, cache::Cache::OnBody on_body) { kept = std::move(on_body); };

  const auto response = ask("GET", "/mirror/a.org/x");
  EXPECT_EQ(response.status, 504);

  (*kept)(body_with(hit()));  // Setting the promise twice would throw.
}

TEST_F(DataRoutesTest, AnswersEvenWhenTheCacheForgetsTheRequest) {
  open = [](cache::Request, cache::Cache::OnBody) {};

  EXPECT_EQ(ask("GET", "/mirror/a.org/x").status, 500);
}

TEST_F(DataRoutesTest, ServesRangesThroughARealServer) {
  open = [](cache::Request, cache::Cache::OnBody on_body) {
    auto script = std::make_shared<BodyScript>("0123456789");
    script->finish();
    on_body(std::make_shared<test::FakeBody>(script, hit()));
  };
  const auto server = test::start_server(
      [this](Request request, Respond respond) { routes(std::move(request), std::move(respond)); });
  RawClient client(*server);

  client.get("/mirror/a.org/x", "Range: bytes=2-4\r\n");
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n234"));
  client.get("/mirror/a.org/x", "If-None-Match: \"a\"\r\n");
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 304 "));
  client.get("/mirror/a.org/x", "Range: bytes=99-\r\n");
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 416 "));
  client.send("CONNECT a.org:443 HTTP/1.1\r\nHost: a.org:443\r\n\r\n");
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 405 CONNECT refused"));
}

}  // namespace
}  // namespace stagecache::http
