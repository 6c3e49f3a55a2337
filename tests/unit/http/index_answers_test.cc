#include "http/index_answers.h"

#include <gtest/gtest.h>

#include <future>

#include "http/text_body.h"
#include "stagecache/base/hasher.h"
#include "tests/unit/http/fake_body.h"

namespace stagecache::http {
namespace {

using namespace std::chrono_literals;
using test::BodyScript;
using test::FakeBody;

const std::string kIndex = "---\n1.8: https://a.org/x.tgz?y=1\n9: https://b.com/z.tgz\n";
const std::string kOurs =
    "---\n1.8: https://cache/mirror/a.org/x.tgz?y=1\n9: https://b.com/z.tgz\n";
const OwnRoot kRoot{.root = "https://cache", .from_request = true};

class IndexAnswersTest : public testing::Test {
 protected:
  /// Asks for a body that begins with nothing; the script says what comes.
  std::future<Result<Response>> ask(std::shared_ptr<BodyScript> script, cache::Meta meta = {},
                                    OwnRoot root = kRoot, Headers headers = {}) {
    const auto promise = std::make_shared<std::promise<Result<Response>>>();
    answers_->answer({.root = std::move(root), .headers = std::move(headers)},
                     std::make_shared<FakeBody>(std::move(script), std::move(meta)),
                     [promise](Result<Response> response) { promise->set_value(response); });
    return promise->get_future();
  }
  /// What is answered for a body that is there.
  Result<Response> ask_for(const std::string& text, cache::Meta meta = {}, OwnRoot root = kRoot,
                           Headers headers = {}) {
    const auto script = std::make_shared<BodyScript>(text);
    script->finish();
    meta.size = text.size();
    return ask(script, std::move(meta), std::move(root), std::move(headers)).get();
  }

  std::unique_ptr<IndexAnswers> answers_ =
      std::make_unique<IndexAnswers>([](const Url& url) { return url.host == "a.org"; });
};

std::string text_of(const Response& response) {
  const auto& body = std::get<CachedBody>(response.body).body;
  std::string text;
  for (auto step = body->read(0).value(); std::holds_alternative<store::Slice>(step);
       step = body->read(text.size()).value()) {
    const auto bytes = std::get<store::Slice>(step).bytes();
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return text;
}

std::string field(const Response& response, std::string_view name) {
  return std::string(find_header(response.headers, name).value_or("(none)"));
}

Sha256 digest_of(const std::string& text) {
  return Sha256::from(hash(HashKind::Sha256, std::as_bytes(std::span(text))));
}

TEST_F(IndexAnswersTest, IsARepresentationOfItsOwn) {
  const auto response = ask_for(kIndex, {.etag = "\"origin\"", .last_modified = "yesterday"});

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(text_of(*response), kOurs);
  EXPECT_EQ(std::get<CachedBody>(response->body).body->meta().size, kOurs.size());
  EXPECT_EQ(field(*response, "ETag"), "\"" + digest_of(kOurs).hex() + "\"");
  EXPECT_EQ(field(*response, "Repr-Digest"), "sha-256=:" + digest_of(kOurs).base64() + ":");
  EXPECT_EQ(field(*response, "Last-Modified"), "yesterday");
  EXPECT_EQ(field(*response, "Vary"), "Host");
  EXPECT_EQ(field(*response, "X-Stagecache"), "hit");
}

TEST_F(IndexAnswersTest, DoesNotVaryWhereTheOperatorSaysHowWeAreCalled) {
  const auto response = ask_for(kIndex, {}, {.root = "https://cache", .from_request = false});

  EXPECT_EQ(field(*response, "Vary"), "(none)");
}

TEST_F(IndexAnswersTest, KnowsItsOwnTagAndNotTheOrigins) {
  const std::string tag = "\"" + digest_of(kOurs).hex() + "\"";
  const cache::Meta meta{.etag = "\"origin\""};

  const auto same = ask_for(kIndex, meta, kRoot, {{"If-None-Match", tag}});
  EXPECT_EQ(same->status, 304);
  EXPECT_EQ(field(*same, "Vary"), "Host");
  EXPECT_EQ(ask_for(kIndex, meta, kRoot, {{"If-None-Match", "\"origin\""}})->status, 200);
  EXPECT_EQ(ask_for(kIndex + "#\n", meta, kRoot, {{"If-None-Match", tag}})->status, 200);
}

TEST_F(IndexAnswersTest, WhatIsNoIndexGoesOutUntouched) {
  const std::string page = "<html>no such page</html>";

  const auto response = ask_for(page, {.etag = "\"origin\""});

  EXPECT_EQ(text_of(*response), page);
  EXPECT_EQ(field(*response, "ETag"), "\"origin\"");
  EXPECT_EQ(field(*response, "Vary"), "(none)");
}

TEST_F(IndexAnswersTest, WhatIsTooLargeGoesOutAsItComes) {
  const auto known = std::make_shared<BodyScript>("abc");
  const auto response = ask(known, {.size = (4 << 20) + 1}).get();
  EXPECT_EQ(std::get<CachedBody>(response->body).body->meta().size, (4 << 20) + 1);

  const auto found_out = std::make_shared<BodyScript>(std::string((4 << 20) + 1, '#'));
  auto later = ask(found_out);
  found_out->finish();
  EXPECT_EQ(later.get()->status, 200);
}

TEST_F(IndexAnswersTest, WaitsForTheVerifiedEnd) {
  const auto script = std::make_shared<BodyScript>(kIndex, 10);
  auto answer = ask(script, {.size = kIndex.size()});
  script->waited_for().get();
  script->publish(25);
  script->publish(kIndex.size());
  EXPECT_EQ(answer.wait_for(50ms), std::future_status::timeout);
  script->finish();

  EXPECT_EQ(text_of(*answer.get()), kOurs);
}

TEST_F(IndexAnswersTest, AFillThatFailsIsAnError) {
  const auto script = std::make_shared<BodyScript>(kIndex);
  auto answer = ask(script);
  script->waited_for().get();
  script->publish(30);
  script->fail_with({ErrorCode::Corrupt, "wrong bytes"});

  const auto response = answer.get();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Corrupt);
}

TEST_F(IndexAnswersTest, DropsItsBodiesAtItsEnd) {
  const auto script = std::make_shared<BodyScript>(kIndex);
  auto dropped = script->dropped();
  auto answer = ask(script);
  script->waited_for().get();

  answers_.reset();

  EXPECT_EQ(dropped.wait_for(0s), std::future_status::ready);
  script->finish();  // Nobody is called any more.
  EXPECT_THROW(answer.get(), std::future_error);
}

TEST(WholeReader, IsBoundedOverAllBodies) {
  WholeReader reader({.body_bytes = 1 << 20, .total_bytes = 64 << 10});
  std::vector<Result<WholeReader::Text>> texts;
  const auto read = [&](const std::string& text) {
    reader.read(
        std::make_shared<TextBody>(std::make_shared<const std::string>(text), cache::Meta{}),
        [&](Result<WholeReader::Text> got) { texts.push_back(std::move(got)); });
  };

  read("abc");
  read("too many");
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(*texts[0].value(), "abc");
  EXPECT_EQ(texts[1].error().code, ErrorCode::Busy);
  texts.clear();
  read("room again");
  EXPECT_EQ(*texts.at(0).value(), "room again");
}

struct RootCase {
  const char* name;
  std::string target, host;
  bool tls;
  std::string public_url, root;
};

class OwnRootTest : public testing::TestWithParam<RootCase> {};

TEST_P(OwnRootTest, IsHowTheClientSpellsUs) {
  const RootCase& c = GetParam();
  Request request{.target = c.target, .local_port = "8080", .local = "10.0.0.7", .tls = c.tls};
  if (!c.host.empty()) request.headers.push_back({"host", c.host});

  const auto root = own_root(request, c.public_url);

  EXPECT_EQ(root.root, c.root);
  EXPECT_EQ(root.from_request, c.public_url.empty());
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, OwnRootTest, testing::Values(
    RootCase{"ByHost", "/x", "Cache.Example:8080", false, "", "http://cache.example:8080"},
    RootCase{"ByHostOverTls", "/x", "cache.example:8443", true, "", "https://cache.example:8443"},
    RootCase{"DefaultPort", "/x", "cache.example:80", false, "", "http://cache.example"},
    RootCase{"AbsoluteForm", "http://cache.example:81/x", "other", false, "", "http://cache.example:81"},
    RootCase{"Ipv6", "/x", "[::1]:8080", false, "", "http://[::1]:8080"},
    RootCase{"NoHost", "/x", "", false, "", "http://10.0.0.7:8080"},
    RootCase{"AHostThatIsNone", "/x", "a/b\"c", false, "", "http://10.0.0.7:8080"},
    RootCase{"AsTheOperatorSays", "http://a/x", "b", false, "https://c.example/", "https://c.example"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(MirrorUrl, KeepsPortPathAndQuery) {
  EXPECT_EQ(mirror_url_of(kRoot, *Url::parse("https://a.org:8443/x%2By?z=1")),
            "https://cache/mirror/a.org:8443/x%2By?z=1");
}

}  // namespace
}  // namespace stagecache::http
