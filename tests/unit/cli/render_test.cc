#include "cli/render.h"

#include <gtest/gtest.h>

namespace stagecache::cli {
namespace {

Item filling(std::uint64_t received, std::optional<std::uint64_t> size) {
  Item item;
  item.url = "https://h/p/spark.tgz";
  item.state = Item::State::Filling;
  item.received = received;
  item.size = size;
  return item;
}

Job job_of(std::size_t items) {
  Job job;
  for (std::size_t i = 0; i < items; ++i) job.items.push_back(filling(0, 100));
  return job;
}

TEST(BarLine, ShowsHowFarADownloadIs) {
  EXPECT_EQ(bar_line(filling(50, 100), 80),
            "spark.tgz                   [########---------]  50 B of 100 B  50 %");
}

TEST(BarLine, NeverPassesTheWidth) {
  Item long_name = filling(1, 3);
  long_name.url = "https://h/" + std::string(300, 'x');
  for (std::size_t columns = 1; columns < 200; ++columns) {
    EXPECT_LE(bar_line(long_name, columns).size(), columns);
    EXPECT_LE(bar_line(filling(5, std::nullopt), columns).size(), columns);
  }
}

TEST(BarLine, SurvivesNumbersThatCannotBe) {
  EXPECT_NE(bar_line(filling(UINT64_MAX, 1), 80).find("100 %"), std::string::npos);
  EXPECT_NE(bar_line(filling(5, 0), 80).find("0 %"), std::string::npos);
}

TEST(Bars, FitTheTerminal) {
  EXPECT_EQ(bars(job_of(2), {.columns = 80, .rows = 24}).size(), 2u);
  EXPECT_EQ(bars(job_of(500), {.columns = 80, .rows = 24}).size(), 23u);
  EXPECT_EQ(bars(job_of(500), {.columns = 1, .rows = 1}).size(), 2u);
  EXPECT_TRUE(bars(job_of(0), {.columns = 80, .rows = 24}).empty());
}

TEST(Bars, ShowWhatIsUnderWayBeforeWhatHasEnded) {
  Job job = job_of(30);
  for (std::size_t i = 0; i < 29; ++i) job.items[i].state = Item::State::Ready;
  job.items[29].url = "https://h/last.tgz";

  const auto lines = bars(job, {.columns = 80, .rows = 10});

  EXPECT_TRUE(lines.front().starts_with("last.tgz"));
  EXPECT_EQ(lines.back(), "... 30 items, 29 ended");
}

TEST(StateLine, SaysWhatHappensAndHowFarItIs) {
  EXPECT_EQ(state_line(filling(1 << 20, 4 << 20)), "filling spark.tgz: 1 MiB of 4 MiB (25 %)");
  EXPECT_EQ(state_line(filling(1 << 20, std::nullopt)), "filling spark.tgz: 1 MiB");
  EXPECT_EQ(state_line(Item{.url = "https://h/",
                            .state = Item::State::Queued,
                            .sha256 = {},
                            .size = {},
                            .received = 0,
                            .error = {},
                            .findings = {}}),
            "queued https://h/");
}

TEST(Outcome, SaysReadyOrWhyNotAndWhatWasFound) {
  Item item = filling(100, 100);
  item.state = Item::State::Ready;
  item.sha256 = "ab";
  item.findings.push_back(
      {.line = 2, .column = 1, .severity = Severity::Warning, .text = "odd", .fix = "do"});
  EXPECT_EQ(outcome(item),
            "ready spark.tgz 100 B sha256 ab\n  line 2: warning: odd\n    fix: do\n");

  item.state = Item::State::Failed;
  item.error = "404\x1b[2J";
  item.findings.clear();
  EXPECT_EQ(outcome(item), "failed https://h/p/spark.tgz: 404?[2J\n");
}

TEST(FindingLines, NameTheFileAsCompilersDo) {
  EXPECT_EQ(finding_lines("a/spark_runtime.txt", {3, 1, Severity::Error, "text", ""}),
            "a/spark_runtime.txt:3:1: error: text\n");
}

}  // namespace
}  // namespace stagecache::cli
