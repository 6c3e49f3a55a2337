#include "cli/answers.h"

#include <gtest/gtest.h>

#include "cli/store_answers.h"

namespace stagecache::cli {
namespace {

TEST(ReadJob, TakesWhatTheDaemonSays) {
  const auto job = read_job(R"({"id":"7","state":"failed","new_member":1,"items":[
    {"url":"https://a/b.tgz","state":"filling","sha256":null,"size":100,"received":50,"error":null,
     "findings":[{"line":3,"column":1,"severity":"error","text":"t","fix":"f"}]},
    {"url":"x","state":"failed","error":"why"}]})");

  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->id, "7");
  EXPECT_EQ(job->state, Job::State::Failed);
  ASSERT_EQ(job->items.size(), 2u);
  EXPECT_EQ(job->items[0].state, Item::State::Filling);
  EXPECT_EQ(job->items[0].size, 100u);
  EXPECT_EQ(job->items[0].received, 50u);
  EXPECT_EQ(job->items[0].findings, (Findings{{3, 1, Severity::Error, "t", "f"}}));
  EXPECT_EQ(job->items[1].error, "why");
  EXPECT_EQ(job->items[1].size, std::nullopt);
}

std::string deeply_nested() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "{\"a\":[";
  return text;
}

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> kTexts{
      "",
      "null",
      "[]",
      "\"text\"",
      "7",
      "{",
      "{}",
      "{\"state\":7}",
      "<html></html>",
      deeply_nested(),
      R"({"id":"1","state":"exploded","items":[]})",
      R"({"id":"1","state":"running","items":[7]})",
      R"({"id":"1","state":"running","items":[{"url":"x","state":"dancing"}]})",
      std::string("{\"state\":\"ready\0\"}", 18),
      "{\"id\":\"\xff\xfe\"}"};
  return kTexts;
}

TEST(HostileJson, IsAnErrorForEveryReader) {
  for (const std::string& text : hostile_texts()) {
    EXPECT_FALSE(read_job(text)) << text.substr(0, 60);
    EXPECT_FALSE(read_job_id(text)) << text.substr(0, 60);
    EXPECT_FALSE(read_artifacts(text)) << text.substr(0, 60);
    EXPECT_FALSE(read_stats(text)) << text.substr(0, 60);
    EXPECT_FALSE(read_error_message(text)) << text.substr(0, 60);
  }
}

TEST(HostileJson, HasMembersOfTheWrongKindReadAsUnknown) {
  const auto job = read_job(R"({"id":7,"state":"ready","items":[
    {"url":[],"state":"ready","size":-1,"received":1e300,"findings":{"a":1},"error":{}},
    {"url":"x","state":"ready","size":"12","findings":[7,{"line":-1,"severity":"doom"}]}]})");

  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->id, "");
  EXPECT_EQ(job->items[0].url, "");
  EXPECT_EQ(job->items[0].size, std::nullopt);
  EXPECT_EQ(job->items[0].received, 0u);
  EXPECT_TRUE(job->items[0].findings.empty());
  EXPECT_EQ(job->items[1].findings, (Findings{{0, 0, Severity::Warning, "", ""}}));
}

TEST(ReadJobId, RefusesWhatWouldLeaveTheJobsPath) {
  EXPECT_EQ(read_job_id(R"({"job":"a-7_B"})").value_or(""), "a-7_B");
  EXPECT_FALSE(read_job_id(R"({"job":"../artifacts"})"));
  EXPECT_FALSE(read_job_id(R"({"job":"1?x"})"));
  EXPECT_FALSE(read_job_id(R"({"job":""})"));
}

TEST(ReadErrorMessage, IsTheDaemonsReason) {
  EXPECT_EQ(read_error_message(R"({"error":{"code":"conflict","message":"it is pinned"}})"),
            "it is pinned");
}

TEST(Outline, ShowsAnyJsonAsLines) {
  EXPECT_EQ(
      outline(
          R"({"sha256":"aa","sha512":null,"sources":["u1","u2"],"archive":{"entries":3},"l":[{"x":1}]})")
          .value_or(""),
      "sha256: aa\nsha512: unknown\nsources:\n  u1\n  u2\narchive:\n  entries: 3\nl:\n  -:\n    x: "
      "1\n");
}

TEST(Outline, LetsNoControlCharacterReachTheTerminal) {
  EXPECT_EQ(outline(R"({"a\u001b":"\u001b[2Jx\n"})").value_or(""), "a?: ?[2Jx?\n");
}

}  // namespace
}  // namespace stagecache::cli
