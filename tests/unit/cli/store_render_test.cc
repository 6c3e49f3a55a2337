#include "cli/store_render.h"

#include <gtest/gtest.h>

namespace stagecache::cli {
namespace {

ArtifactRow spark(std::string name) {
  return {.sha256 = std::string(64, 'a'),
          .name = std::move(name),
          .size = 2048,
          .stored_bytes = 4096,
          .forms = {"raw"},
          .base = "",
          .pinned = true,
          .last_used = "2026-11-23T15:28:00Z",
          .strength = "published sha512"};
}

TEST(ArtifactTable, LinesUpAndSaysHowEachLies) {
  ArtifactRow keyframe = spark("spark-3.5.5.tgz"), difference = spark("spark-3.5.6.tgz");
  keyframe.forms = {"raw", "packed"};
  keyframe.dependants = 1;
  difference.forms = {"packed"};
  difference.base = "spark-3.5.5.tgz";

  EXPECT_EQ(artifact_table({keyframe, difference}),
            "NAME             SIZE   STORED  FORM    PIN  DIGEST     LAST USED   SHA256\n"
            "spark-3.5.5.tgz  2 KiB  4 KiB   both    yes  published  2026-11-23  aaaaaaaaaaaa\n"
            "  1 packed against it\n"
            "spark-3.5.6.tgz  2 KiB  4 KiB   packed  yes  published  2026-11-23  aaaaaaaaaaaa\n"
            "  packed against spark-3.5.5.tgz\n");
  EXPECT_EQ(artifact_table({}), "no artifacts\n");
}

TEST(ArtifactTable, NeverPassesAHundredColumnsAndKeepsTheEndsOfLongNames) {
  const std::string name = "OpenJDK17U-jre_x64_linux_hotspot_17.0.9_9.tar.gz";
  ArtifactRow widest = spark(name);
  widest.size = widest.stored_bytes = (317ull << 20) + (400 << 10);
  widest.forms = {"packed"};
  widest.strength = "first seen";

  const std::string table = artifact_table({widest});

  for (std::size_t begin = 0, end; begin < table.size(); begin = end + 1) {
    end = table.find('\n', begin);
    EXPECT_LE(end - begin, 100u) << table;
  }
  EXPECT_NE(table.find("17.0.9_9.tar.gz"), std::string::npos) << table;
  EXPECT_NE(table.find("OpenJDK1..."), std::string::npos) << table;
}

TEST(StatsText, OpensWithALineForAPerson) {
  Stats stats;
  stats.artifacts = 11;
  stats.logical_bytes = 2ull << 30;
  stats.used_bytes = 1ull << 30;
  stats.quota_bytes = 10ull << 30;
  stats.packed_artifacts = 7;
  stats.raw_bytes = 100 << 20;
  stats.packed_bytes = 3 << 20;
  stats.shared_bytes = 500 << 20;

  const std::string text = stats_text(stats);

  EXPECT_TRUE(text.starts_with("11 artifacts, 2 GiB of downloads in 603 MiB\n\n")) << text;
  for (const char* line :
       {"\ndisk       1 GiB with all metadata, 10 % of the 10 GiB quota; 0 B reserved\n",
        "\npacked     503 MiB of 7 artifacts\n", "\nshared     500 MiB of that, needed by others\n",
        "\nevictions  0\n", "\npacking    idle; 0 done, 0 failed, 0 promotions\n",
        "\noffline    no\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(StatsText, CountsOneAsOne) {
  Stats stats{.artifacts = 1,
              .hits = 1,
              .misses = 1,
              .follows = 1,
              .fills = 1,
              .packing = {},
              .budgets = {}};

  const std::string text = stats_text(stats);

  EXPECT_TRUE(text.starts_with("1 artifact, ")) << text;
  EXPECT_NE(text.find("0 B: 1 hit (0 packed), 1 miss, 1 follow\n"), std::string::npos) << text;
}

TEST(StatsText, EndsWithWhatIsLeftOfBudgets) {
  Stats stats;
  stats.budgets = {{.host = "h.example", .weekly_bytes = 1 << 20, .used_bytes = 1 << 10}};

  EXPECT_TRUE(stats_text(stats).ends_with("\n\nh.example: 1 KiB of the 1 MiB a week used\n"));
}

}  // namespace
}  // namespace stagecache::cli
