#include "src/admin/why.h"

#include <gtest/gtest.h>

namespace stagecache::admin {
namespace {

const std::string kHex = "0834c775f38473f67cb122e0ec21074f800ced50c1ff1b9e37e222a0069dc5c7";
const std::string kOther(64, 'a');

Result<Question> ask(std::string_view url, std::string_view declared = "") {
  static const std::vector<std::string> names = {"cache.example"};
  return parse_question(url, declared,
                        {.names = names, .local = "", .local_port = "", .listed = [](auto host) {
                           return host == "a.org";
                         }});
}

struct Shape {
  const char* name;
  std::string url;
  Asks asks;
  bool has_digest = false;
};
class Shapes : public testing::TestWithParam<Shape> {};

TEST_P(Shapes, NameTheSameSource) {
  const auto question = ask(GetParam().url);

  ASSERT_TRUE(question) << question.error().message;
  ASSERT_TRUE(question->wanted.source);
  EXPECT_EQ(source_key(*question->wanted.source), "a.org/x.tgz");
  EXPECT_EQ(question->asks, GetParam().asks);
  EXPECT_EQ(question->declared.has_value(), GetParam().has_digest);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Shapes,
    testing::Values(
        Shape{"Publisher", "https://a.org/x.tgz", Asks::ThePublisher},
        Shape{"PublisherByHttp", "http://a.org/x.tgz", Asks::ThePublisher},
        Shape{"WithDigest", "https://a.org/x.tgz#sha256=" + kHex, Asks::ThePublisher, true},
        Shape{"Path", "/mirror/a.org/x.tgz", Asks::ThisCache},
        Shape{"Key", "a.org/x.tgz", Asks::ThisCache},
        Shape{"Ours", "http://cache.example:8080/mirror/a.org/x.tgz", Asks::ThisCache},
        Shape{"OursByAnyName", "https://some.name/mirror/a.org/x.tgz", Asks::ThisCache},
        Shape{"OursWithDigest", "http://cache.example/sha256/" + kHex + "/mirror/a.org/x.tgz",
              Asks::ThisCache, true}),
    [](const auto& test) { return test.param.name; });

TEST(ParseQuestion, TakesADigestAlone) {
  const auto question = ask("http://cache.example/sha256/" + kHex + "/x.tgz");

  ASSERT_TRUE(question);
  EXPECT_FALSE(question->wanted.source);
  EXPECT_EQ(question->declared, question->wanted.sha256);
}

TEST(ParseQuestion, RefusesWhatNamesNoArtifact) {
  for (const std::string url : {"", "http://cache.example/", "/healthz", "http://u@a.org/x",
                                "/sha256/abc/x", "https://a.org/x#sha256=abc"})
    EXPECT_EQ(ask(url).error().code, ErrorCode::BadInput) << url;
  EXPECT_EQ(ask("https://a.org/x", "abc").error().code, ErrorCode::BadInput);
}

class AnswerTest : public testing::Test {
 protected:
  void store(const std::string& hex, bool pinned) {
    store::ArtifactInfo info;
    info.artifact.sha256 = Sha256::parse(hex).value();
    info.pinned = pinned;
    answer.known.artifact = info;
    answer.known.source =
        Source{.sha256 = info.artifact.sha256, .strength = DigestStrength::Declared};
  }
  std::string said() const {
    std::string all;
    for (const std::string& line : advice(answer)) all += line + "\n";
    return all;
  }

  Answer answer{.question = ask("https://a.org/x.tgz").value()};
};

TEST_F(AnswerTest, WhatIsStoredPinnedAndDeclaredNeedsNoAdvice) {
  store(kHex, true);
  EXPECT_EQ(said(), "");
  EXPECT_TRUE(answer.served_offline());
}

TEST_F(AnswerTest, OtherBytesThanDeclaredAreNotServedForIt) {
  store(kOther, true);
  answer.question.declared = Sha256::parse(kHex).value();

  EXPECT_FALSE(answer.served_offline());
  EXPECT_NE(said().find(kOther), std::string::npos);
}

TEST_F(AnswerTest, WhatMayNotBeAskedForIsServedByItsDigestAlone) {
  store(kHex, true);
  answer.denied = Error{ErrorCode::Denied, "host a.org is not on the list"};
  EXPECT_FALSE(answer.served_offline());
  EXPECT_EQ(said(), "host a.org is not on the list\n");

  answer.question.wanted.sha256 = Sha256::parse(kHex).value();
  EXPECT_TRUE(answer.served_offline());
}

TEST_F(AnswerTest, SaysWhatToDoAboutWhatIsMissing) {
  EXPECT_NE(said().find("stagecache warm https://a.org/x.tgz"), std::string::npos);
  answer.network = Network::Offline;
  EXPECT_NE(said().find("stagecache offline off"), std::string::npos);
  answer.network = Network::Online;
  answer.known.failure = cache::LastFailure{.error = {ErrorCode::NotFound, "404"},
                                            .next_try = std::chrono::seconds(17)};
  EXPECT_NE(said().find("17 s more"), std::string::npos);
  answer.known.filling = cache::Progress{};
  EXPECT_EQ(said(), "");
}

TEST_F(AnswerTest, WarnsOfWhatMayBeEvictedAndOfADigestThatNobodyVouchesFor) {
  store(kHex, false);
  answer.known.source->strength = DigestStrength::FirstSeen;

  EXPECT_NE(said().find("stagecache pin 0834c775f384"), std::string::npos);
  EXPECT_NE(said().find("nobody vouches"), std::string::npos);
}

TEST_F(AnswerTest, UnknownIsNull) {
  const auto json = to_json(answer);

  EXPECT_EQ(json.at("state"), "not stored");
  for (const char* key : {"sha256", "size", "pinned", "fresh", "failure", "filling", "declared"})
    EXPECT_TRUE(json.at(key).is_null()) << key;
}

}  // namespace
}  // namespace stagecache::admin
