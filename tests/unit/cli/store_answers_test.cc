#include "cli/store_answers.h"

#include <gtest/gtest.h>

namespace stagecache::cli {
namespace {

TEST(ReadArtifacts, NamesAnArtifactByItsNameOrItsFirstSource) {
  const auto rows = read_artifacts(R"({"artifacts":[
    {"sha256":"aa","name":"n.tgz","size":5,"stored_bytes":6,"forms":["raw","packed"],"pinned":true,"last_used":"2026-11-23T15:28:00Z"},
    {"sha256":"bb","sources":["https://h/p/s.tgz?x=/1"]},
    {"sha256":"cc","sources":[{"url":"https://h/p/o.tgz"}],"last_used":null},
    {"sha256":"dd"}, 7]})");

  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[0].name, "n.tgz");
  EXPECT_EQ((*rows)[0].forms, (std::vector<std::string>{"raw", "packed"}));
  EXPECT_TRUE((*rows)[0].pinned);
  EXPECT_EQ((*rows)[1].name, "s.tgz");
  EXPECT_EQ((*rows)[2].name, "o.tgz");
  EXPECT_EQ((*rows)[2].last_used, "");
  EXPECT_EQ((*rows)[3].name, "");
}

TEST(ReadStats, TakesTheCounters) {
  const auto stats = read_stats(R"({"quota_bytes":18446744073709551615,"hits":3,"misses":-3})");

  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->quota_bytes, 18446744073709551615u);
  EXPECT_EQ(stats->hits, 3u);
  EXPECT_EQ(stats->misses, 0u);
}

TEST(ReadArtifacts, KnowsWhatADifferenceIsTo) {
  const auto rows = read_artifacts(R"({"artifacts":[
    {"sha256":"aa","base":null,"dependants":[{"sha256":"bb","name":"b.tgz"},{"sha256":"cc","name":""}]},
    {"sha256":"bb","base":{"sha256":"aa","name":"a.tgz"},"dependants":[]},
    {"sha256":"cc","base":{"sha256":"aa","name":""}},
    {"sha256":"dd","base":"a.tgz","dependants":7}]})");

  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ((*rows)[0].base, "");
  EXPECT_EQ((*rows)[0].dependants, 2u);
  EXPECT_EQ((*rows)[1].base, "a.tgz");
  EXPECT_EQ((*rows)[2].base, "aa");
  EXPECT_EQ((*rows)[3].base, "");
  EXPECT_EQ((*rows)[3].dependants, 0u);
}

TEST(ReadStats, NamesWhatIsPackedNow) {
  EXPECT_EQ(read_stats(R"({"quota_bytes":1,"packing":{"doing":"packing","name":"n.tgz",
                "percent":45,"paused":true}})")
                ->packing,
            "packing n.tgz, 45 %, paused");
  EXPECT_EQ(read_stats(R"({"quota_bytes":1,"packing":null})")->packing, "");
}

TEST(ArtifactOutline, NamesTheBaseAndTheDependantsAndSaysSizesTwice) {
  EXPECT_EQ(artifact_outline(R"({"sha256":"aa","size":2048,"base":{"sha256":"bb","name":"b.tgz"},
      "dependants":[]})")
                .value_or(""),
            "sha256: aa\nsize: 2 KiB (2048 bytes)\nbase: b.tgz bb\ndependants: none\n");
  EXPECT_EQ(artifact_outline(R"({"base":null,"dependants":[{"sha256":"cc","name":"c\u001b"}]})")
                .value_or(""),
            "base: none\ndependants:\n  c? cc\n");
}

}  // namespace
}  // namespace stagecache::cli
