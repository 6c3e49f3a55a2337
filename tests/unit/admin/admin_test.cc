#include <fstream>

#include "admin/json.h"
#include "admin/token.h"
#include "admin/utf8.h"
#include "stagecache/admin/admin_routes.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/cache/cache_fixture.h"

namespace stagecache::admin {
namespace {

using namespace cache::test;
namespace json = boost::json;

constexpr std::string_view kToken = "0123456789abcdef";

TEST(Token, OnlyTheWholeTokenAsABearerPasses) {
  const auto with = [](const std::string& value) {
    return check_token({{"Authorization", value}}, kToken).has_value();
  };
  EXPECT_TRUE(with("Bearer 0123456789abcdef"));
  EXPECT_TRUE(with("bearer   0123456789abcdef "));
  for (const char* wrong :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdeF",
        "Bearer 0123456789abcdef0", "Basic 0123456789abcdef", "0123456789abcdef"})
    EXPECT_FALSE(with(wrong)) << wrong;
  EXPECT_FALSE(check_token({}, kToken));
  EXPECT_TRUE(check_token({}, ""));
}

TEST(Token, IsTheFirstLineOfItsFileAndLongEnough) {
  const test::TempFolder folder;
  const auto file = folder.path() / "token";
  const auto read = [&](const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
    return read_token(file.string());
  };
  EXPECT_EQ(read(" 0123456789abcdef\r\nmore\n"), std::string(kToken));
  EXPECT_EQ(read("0123456789abcde").error().code, ErrorCode::BadInput);
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("\n0123456789abcdef"));
  std::filesystem::remove(file);
  EXPECT_FALSE(read_token(file.string()));
}

TEST(Origin, OnlyOurOwnPagesPass) {
  const auto from = [](const std::string& origin) {
    return check_origin({{"Origin", origin}, {"Host", "127.0.0.1:8081"}}).has_value();
  };
  EXPECT_TRUE(from("http://127.0.0.1:8081"));
  for (const char* other :
       {"http://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:80810"})
    EXPECT_FALSE(from(other)) << other;
  EXPECT_FALSE(check_origin({{"Origin", "http://127.0.0.1:8081"}}));
  EXPECT_TRUE(check_origin({}));
}

TEST(Host, ANameThatSomebodyElseMadeResolveToUsIsRefused) {
  for (const char* ours :
       {"127.0.0.1:8081", "127.0.0.1", "localhost:8081", "LOCALHOST", "[::1]:8081"})
    EXPECT_TRUE(check_host({{"Host", ours}})) << ours;
  for (const char* other :
       {"evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example", ":8081"})
    EXPECT_FALSE(check_host({{"Host", other}})) << other;
}

TEST(Utf8, ReplacesOnlyWhatIsNoCharacter) {
  EXPECT_EQ(to_utf8("aé€😀"), "aé€😀");
  EXPECT_EQ(to_utf8("a\xff"
                    "b"),
            "a\xEF\xBF\xBD"
            "b");
  for (const char* bad :
       {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xF8"})
    EXPECT_TRUE(to_utf8(bad).starts_with("\xEF\xBF\xBD")) << bad;
}

TEST(Json, AJobIsReadableWhateverBytesItHolds) {
  prefetch::JobStatus job{.id = "7"};
  prefetch::ItemStatus item{.item = {.url = "http://x/\xff"}, .error = "bad \"\xfe\""};
  item.findings.push_back({.line = 3, .text = "\xC0", .fix = ""});
  job.items.push_back(item);

  const json::value back = json::parse(json::serialize(to_json(job)));

  EXPECT_EQ(back.at("id").as_string(), "7");
  EXPECT_EQ(back.at("state").as_string(), "running");
  const json::value& one = back.at("items").at(0);
  EXPECT_EQ(one.at("state").as_string(), "queued");
  EXPECT_TRUE(one.at("sha256").is_null());
  EXPECT_TRUE(one.at("size").is_null());
  EXPECT_EQ(one.at("findings").at(0).at("line").as_int64(), 3);
  EXPECT_TRUE(one.at("findings").at(0).at("fix").is_null());
}

TEST(WarmRequest, TakesItemsAndRuntimes) {
  const auto items = parse_warm_request(R"({"items":[{"url":"http://a/b","pin":false,
      "sha256":")" + digest_of("x").hex() +
                                        R"("},{"url":"c","sha256":null}],"spark_runtime":[""]})");

  ASSERT_TRUE(items) << items.error().message;
  ASSERT_GE(items->size(), 3u);
  EXPECT_EQ((*items)[0].sha256, digest_of("x"));
  EXPECT_FALSE((*items)[0].pin);
  EXPECT_TRUE((*items)[1].pin);
}

TEST(WarmRequest, TakesBuildpackManifestsWithTheirDigests) {
  const auto items = parse_warm_request(
      R"({"buildpack_manifest":["dependencies:\n- {uri: http://a/b, sha256: )" +
      digest_of("x").hex() + R"(}\n- {uri: http://a/c, sha256: 12}\n"],"pin":false})");

  ASSERT_TRUE(items) << items.error().message;
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[0].sha256, digest_of("x"));
  EXPECT_FALSE((*items)[0].pin);
  EXPECT_NE((*items)[1].error, "");
}

TEST(WarmRequest, RefusesWhatItDoesNotUnderstand) {
  for (const std::string text :
       {"", "nonsense", "[]", "1", "{\"items\":1}", "{\"items\":[1]}", "{\"items\":[{}]}",
        "{\"items\":[{\"url\":1}]}", "{\"items\":[{\"url\":\"a\",\"sha256\":\"12\"}]}",
        "{\"items\":[{\"url\":\"a\",\"sha256\":7}]}", "{\"items\":[{\"url\":\"a\",\"pin\":1}]}",
        "{\"spark_runtime\":\"x\"}", "{\"spark_runtime\":[1]}", "{\"buildpack_manifest\":[1]}",
        "{\"buildpack_manifest\":[\"applications: []\"]}", "{\"pin\":1,\"spark_runtime\":[]}",
        "{\"items\":[{\"url\":\"\xff\"}]}"}) {
    const auto items = parse_warm_request(text);
    ASSERT_FALSE(items) << text;
    EXPECT_EQ(items.error().code, ErrorCode::BadInput);
  }
  EXPECT_FALSE(parse_warm_request(std::string(100'000, '[')));
}

TEST(WarmRequest, StopsAtMoreItemsThanAJobTakes) {
  std::string text = "{\"spark_runtime\":[\"\"";
  for (int i = 0; i < 300'000; ++i) text += ",\"\"";

  EXPECT_FALSE(parse_warm_request(text + "]}"));
}

class RoutesTest : public CacheTest {
 protected:
  void stop() override {
    routes.reset();
    jobs.reset();
    scrub.reset();
    CacheTest::stop();
  }
  void serve_routes(std::string token = "") {
    jobs = std::make_unique<prefetch::WarmJobs>(*cache, *store);
    scrub = std::make_unique<cache::Scrub>(cache::Scrub::Options{.rate = 0}, *store, *cache, clock);
    routes = std::make_unique<AdminRoutes>(
        Services{*store, *cache, *scrub, *jobs, *upstream, std::move(token)});
  }
  http::Response ask(std::string method, std::string target, std::string body = "",
                     Headers headers = {}) {
    headers.push_back({"Host", "127.0.0.1:8081"});
    std::promise<http::Response> promise;
    routes->handler()(
        {.method = std::move(method),
         .target = std::move(target),
         .headers = std::move(headers),
         .body = std::move(body)},
        [&promise](http::Response response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }
  static json::value parsed(const http::Response& response) {
    return json::parse(std::get<std::string>(response.body));
  }

  std::unique_ptr<prefetch::WarmJobs> jobs;
  std::unique_ptr<cache::Scrub> scrub;
  std::unique_ptr<AdminRoutes> routes;
};

TEST_F(RoutesTest, AWarmedItemIsAnArtifactThatCanBeUnpinnedAndRemoved) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  serve_routes();
  const auto accepted =
      ask("POST", "/v1/warm", "{\"items\":[{\"url\":\"" + url().to_string() + "\"}]}",
          {{"Content-Type", "application/json; charset=utf-8"}});
  ASSERT_EQ(accepted.status, 202);
  const std::string href(parsed(accepted).at("href").as_string());
  ASSERT_TRUE(
      eventually([&] { return parsed(ask("GET", href)).at("state").as_string() == "ready"; }));

  const std::string path = "/v1/artifacts/" + digest_of(bytes_of(5000)).hex();
  EXPECT_EQ(parsed(ask("GET", "/v1/artifacts")).at("artifacts").as_array().size(), 1u);
  EXPECT_EQ(parsed(ask("GET", "/v1/artifacts?q=nothing")).at("artifacts").as_array().size(), 0u);
  EXPECT_EQ(parsed(ask("GET", "/v1/artifacts?q=%78.tgz")).at("artifacts").as_array().size(), 1u);
  EXPECT_TRUE(parsed(ask("GET", path)).at("pinned").as_bool());
  EXPECT_EQ(parsed(ask("GET", "/v1/stats")).at("pinned").to_number<int>(), 1);
  EXPECT_EQ(ask("DELETE", path).status, 409);
  EXPECT_EQ(ask("DELETE", path + "/pin").status, 204);
  EXPECT_EQ(ask("DELETE", path).status, 204);
  EXPECT_EQ(ask("GET", path).status, 404);
  EXPECT_EQ(ask("PUT", path + "/pin").status, 404);
}

TEST_F(RoutesTest, WhatIsAskedWronglyHasItsOwnStatus) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  serve_routes();
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/v1/warm").status, 405);
  EXPECT_EQ(ask("POST", "/v1/stats").status, 405);
  EXPECT_EQ(ask("PATCH", "/v1/artifacts").status, 405);
  EXPECT_EQ(ask("GET", "/v1/artifacts/12").status, 400);
  EXPECT_EQ(ask("GET", "/v1/jobs/12").status, 404);
  EXPECT_EQ(ask("GET", "/v1/jobs/../../x").status, 404);
  EXPECT_EQ(ask("POST", "/v1/warm", "{}", {{"Content-Type", "application/json"}}).status, 400);
  EXPECT_EQ(ask("GET", "/v1/stats", "", {{"Origin", "http://evil.example"}}).status, 403);
}

TEST_F(RoutesTest, TellHowAnArtifactLiesOnTheDisk) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  serve_routes();
  ASSERT_FALSE(get(request()).error);
  ASSERT_TRUE(wait_until_idle());

  const json::value one = parsed(ask("GET", "/v1/artifacts/" + digest_of(bytes_of(5000)).hex()));
  const json::value stats = parsed(ask("GET", "/v1/stats"));

  EXPECT_EQ(one.at("forms"), json::array{"raw"});
  EXPECT_EQ(one.at("raw_bytes"), one.at("stored_bytes"));
  EXPECT_EQ(one.at("packed_bytes").to_number<int>(), 0);
  EXPECT_TRUE(one.at("base").is_null());
  EXPECT_TRUE(one.at("dependants").as_array().empty());
  EXPECT_EQ(stats.at("raw_bytes"), one.at("raw_bytes"));
  for (const char* none : {"packed_bytes", "shared_bytes", "packed_artifacts"})
    EXPECT_EQ(stats.at(none).to_number<int>(), 0) << none;
}

TEST_F(RoutesTest, BeginAScrubAndTellWhatItFound) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  serve_routes();
  ASSERT_FALSE(get(request()).error);
  ASSERT_TRUE(wait_until_idle());
  EXPECT_EQ(parsed(ask("GET", "/v1/scrub")).at("state").as_string(), "idle");
  EXPECT_TRUE(parsed(ask("GET", "/v1/scrub")).at("started_at").is_null());

  const auto begun = ask("POST", "/v1/scrub");

  EXPECT_EQ(begun.status, 202);
  EXPECT_EQ(parsed(begun).at("href").as_string(), "/v1/scrub");
  ASSERT_TRUE(eventually(
      [&] { return parsed(ask("GET", "/v1/scrub")).at("state").as_string() == "idle"; }));
  const json::value end = parsed(ask("GET", "/v1/scrub"));
  EXPECT_EQ(end.at("bytes_read").to_number<int>(), 5000);
  EXPECT_TRUE(end.at("findings").as_array().empty());
  EXPECT_EQ(ask("DELETE", "/v1/scrub").status, 405);
}

TEST(Json, AnArtifactNamesItsBaseAndItsDependants) {
  store::ArtifactInfo info;
  info.artifact.packed = PackedForm{.content = 7, .size = 10, .base = digest_of("base")};
  info.dependants = {digest_of("a"), digest_of("b")};
  const auto name_of = [](const Sha256& sha256) {
    return sha256 == digest_of("b") ? "" : "n-" + sha256.hex().substr(0, 4) + "\xff";
  };

  const json::value shown = json::parse(json::serialize(to_json(info, {}, name_of)));

  EXPECT_EQ(shown.at("forms"), json::array{"packed"});
  EXPECT_EQ(shown.at("base").at("sha256").as_string(), digest_of("base").hex());
  EXPECT_EQ(shown.at("dependants").as_array().size(), 2u);
  EXPECT_EQ(shown.at("dependants").at(1).at("name").as_string(), "");
}

TEST(Json, AFindingOfTheScrubIsReadableWhateverBytesItHolds) {
  cache::ScrubStatus status{.state = cache::ScrubStatus::State::Running};
  status.findings.push_back({.sha256 = digest_of("x"),
                             .name = "\xff",
                             .form = store::Form::Packed,
                             .text = "\xfe",
                             .state = cache::ScrubFinding::State::Lost,
                             .error = "offline"});

  const json::value shown = json::parse(json::serialize(to_json(status)));

  EXPECT_EQ(shown.at("state").as_string(), "running");
  EXPECT_TRUE(shown.at("ended_at").is_null());
  const json::value& finding = shown.at("findings").at(0);
  EXPECT_EQ(finding.at("form").as_string(), "packed");
  EXPECT_EQ(finding.at("state").as_string(), "lost");
  EXPECT_EQ(finding.at("error").as_string(), "offline");
}

TEST_F(RoutesTest, JsonSentAsAFormWarmsNothing) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  serve_routes();

  const auto answer = ask("POST", "/v1/warm", "{\"items\":[]}",
                          {{"Content-Type", "application/x-www-form-urlencoded"}});

  EXPECT_EQ(answer.status, 415);
  EXPECT_TRUE(jobs->list().empty());
}

TEST_F(RoutesTest, WithATokenEveryPathWantsIt) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  serve_routes(std::string(kToken));
  for (const char* path : {"/v1/stats", "/healthz", "/nothing"}) {
    const auto refused = ask("GET", path);
    EXPECT_EQ(refused.status, 401) << path;
    EXPECT_EQ(find_header(refused.headers, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(parsed(refused).at("error").at("code").as_string(), "denied");
  }
  EXPECT_EQ(ask("GET", "/v1/stats", "", {{"Authorization", "Bearer 0123456789abcdef"}}).status,
            200);
}

}  // namespace
}  // namespace stagecache::admin
