#include "stagecache/archive/look.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/archive/tarball.h"

namespace stagecache::archive {
namespace {

using test::Filter;
using test::has_finding;
using test::listed;
using test::look_at;
using test::pack;
using test::Tarball;
using Kind = ArchiveSummary::Kind;

std::string gzip(const Tarball& tarball) {
  return pack(tarball.tar(), Filter::Gzip);
}

Tarball good_jdk() {
  return Tarball().folder("bin").file("bin/java", "java!").file("lib/modules", "12345678");
}
Tarball good_spark() {
  return Tarball()
      .folder("spark-3.5.7")
      .file("spark-3.5.7/bin/spark-submit")
      .file("spark-3.5.7/jars/a.jar", std::string(1000, 'j'));
}

// ---- What is inside ---------------------------------------------------------

TEST(Look, AtAJdkWithoutTopFolderFindsNothingWrong) {
  const ArchiveSummary summary = look_at(gzip(good_jdk()));

  EXPECT_EQ(summary.kind, Kind::Tar);
  EXPECT_EQ(summary.top_folder, "");
  EXPECT_EQ(summary.entries, 3u);
  EXPECT_EQ(summary.extracted_bytes, 13u);
  EXPECT_EQ(summary.java_path, "bin/java");
  EXPECT_EQ(summary.spark_submit_path, "");
  EXPECT_EQ(listed(summary), "");
}

TEST(Look, AtSparkInItsTopFolderFindsNothingWrong) {
  const ArchiveSummary summary = look_at(gzip(good_spark()));

  EXPECT_EQ(summary.kind, Kind::Tar);
  EXPECT_EQ(summary.top_folder, "spark-3.5.7");
  EXPECT_EQ(summary.entries, 3u);
  EXPECT_EQ(summary.extracted_bytes, 1001u);
  EXPECT_EQ(summary.spark_submit_path, "spark-3.5.7/bin/spark-submit");
  EXPECT_EQ(listed(summary), "");
}

TEST(Look, ReadsEveryFilterAndAnyPartSize) {
  for (const Filter filter :
       {Filter::None, Filter::Gzip, Filter::Bzip2, Filter::Xz, Filter::Zstd}) {
    const std::string bytes = pack(good_spark().tar(), filter);
    for (const std::size_t part :
         {std::size_t{1}, std::size_t{7}, std::size_t{512}, bytes.size()}) {
      const auto summary = look(test::source_of(bytes, part));
      ASSERT_TRUE(summary);
      EXPECT_EQ(summary->entries, 3u) << static_cast<int>(filter) << " in parts of " << part;
      EXPECT_EQ(summary->extracted_bytes, 1001u);
    }
  }
}

TEST(Look, TellsThatTheBuildpacksTarTakesGzipOnly) {
  EXPECT_TRUE(has_finding(look_at(pack(good_spark().tar(), Filter::Xz)), Severity::Warning,
                          "not packed with gzip"));
  EXPECT_TRUE(has_finding(look_at(good_jdk().tar()), Severity::Warning, "not packed with gzip"));
  EXPECT_TRUE(has_finding(look_at(pack(gzip(good_jdk()), Filter::Gzip)), Severity::Warning,
                          "not packed with gzip"));
}

TEST(Look, CountsNoBytesForLinksAndFolders) {
  const auto summary = look_at(gzip(Tarball()
                                        .folder("a")
                                        .file("a/one", "123")
                                        .hardlink("a/two", "a/one")
                                        .symlink("a/three", "one")));

  EXPECT_EQ(summary.entries, 4u);
  EXPECT_EQ(summary.extracted_bytes, 3u);
  EXPECT_FALSE(has_finding(summary, Severity::Error, "")) << listed(summary);
}

TEST(Look, TakesWhatSystemTarWritesForLongNames) {
  const std::string deep(150, 'd');
  std::string name = "top/" + deep + "/file";
  name += '\0';

  const auto summary = look_at(gzip(Tarball()
                                        .header("././@LongLink", 'L', name.size())
                                        .raw(name)
                                        .raw(std::string(512 - name.size(), '\0'))
                                        .file("top/cut-off")));

  EXPECT_EQ(summary.entries, 1u);
  EXPECT_EQ(summary.top_folder, "top");
}

// ---- Shapes -----------------------------------------------------------------

struct ShapeCase {
  const char* name;
  std::vector<std::string> files;
  const char* top_folder;
  const char* java_path;
  const char* spark_submit_path;
  Severity severity;
  const char* part;  ///< Of the one finding's text; "" for no finding.
};

class Shape : public testing::TestWithParam<ShapeCase> {};

TEST_P(Shape, IsHeldAgainstWhereTheBuildpackLooks) {
  const ShapeCase& row = GetParam();
  Tarball tarball;
  for (const std::string& path : row.files) tarball.file(path);

  const ArchiveSummary summary = look_at(gzip(tarball));

  EXPECT_EQ(summary.top_folder, row.top_folder);
  EXPECT_EQ(summary.java_path, row.java_path);
  EXPECT_EQ(summary.spark_submit_path, row.spark_submit_path);
  const bool expected = *row.part != '\0';
  EXPECT_EQ(summary.findings.size(), expected ? 1u : 0u) << listed(summary);
  if (expected) {
    EXPECT_TRUE(has_finding(summary, row.severity, row.part)) << listed(summary);
  }
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, Shape, testing::Values(
    ShapeCase{"JdkInATopFolder",    {"jdk-17/bin/java", "jdk-17/lib/x"}, "jdk-17", "jdk-17/bin/java", "", Severity::Warning, "bin/java lies at jdk-17/bin/java"},
    ShapeCase{"MacJdk",             {"j/Contents/Home/bin/java"}, "j", "j/Contents/Home/bin/java", "", Severity::Warning, "JAVA_HOME will have no bin/java"},
    ShapeCase{"JdkWithDots",        {"./bin/java", "./lib/x"}, "", "bin/java", "", Severity::Note, ""},
    ShapeCase{"JdkHoldsAJre",       {"jre/bin/java", "bin/java"}, "", "bin/java", "", Severity::Note, ""},
    ShapeCase{"SparkWithoutTop",    {"bin/spark-submit", "jars/a.jar"}, "", "", "bin/spark-submit", Severity::Error, "bin/spark-submit lies at bin/spark-submit"},
    ShapeCase{"SparkWithDotAsTop",  {"./bin/spark-submit", "./jars/a.jar"}, "", "", "bin/spark-submit", Severity::Note, ""},
    ShapeCase{"SparkWithDotAndTop", {"./s/bin/spark-submit"}, "s", "", "s/bin/spark-submit", Severity::Error, "lies at ./s/bin/spark-submit"},
    ShapeCase{"PysparkFromPypi",    {"pyspark-3.5.7/deps/bin/spark-submit", "pyspark-3.5.7/setup.py"}, "pyspark-3.5.7", "", "pyspark-3.5.7/deps/bin/spark-submit", Severity::Error, "lies at pyspark-3.5.7/deps"},
    ShapeCase{"SparkWithItsOwnJre", {"s/bin/spark-submit", "s/jre/bin/java"}, "s", "s/jre/bin/java", "s/bin/spark-submit", Severity::Note, ""},
    ShapeCase{"Neither",            {"a/readme"}, "a", "", "", Severity::Note, "neither bin/java nor bin/spark-submit"},
    ShapeCase{"OnlyNamedAlike",     {"a/sbin/java", "a/bin/javac"}, "a", "", "", Severity::Note, "neither"},
    ShapeCase{"TwoTops",            {"a/x", "b/y"}, "", "", "", Severity::Note, "neither"},
    ShapeCase{"FileAtTheTop",       {"a", "a/b"}, "", "", "", Severity::Note, "neither"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Look, TakesAnEmptyTarForATar) {
  const auto summary = look_at(gzip(Tarball()));

  EXPECT_EQ(summary.kind, Kind::Tar);
  EXPECT_EQ(summary.entries, 0u);
}

TEST(Look, ShowsNoControlsOfNames) {
  const auto summary = look_at(gzip(Tarball().file("\x1B[2Jtop/bin/java")));

  EXPECT_EQ(summary.top_folder, "?[2Jtop");
  EXPECT_EQ(summary.java_path, "?[2Jtop/bin/java");
  EXPECT_EQ(listed(summary).find('\x1B'), std::string::npos);
}

// ---- Paths that escape ------------------------------------------------------

TEST(Look, TellsOfPathsAndLinksThatLeadOutside) {
  const auto paths = look_at(gzip(good_jdk().file("/etc/passwd").file("a/../../b")));
  EXPECT_TRUE(has_finding(paths, Severity::Error, "2 entries have a path that leads outside"));
  EXPECT_TRUE(has_finding(paths, Severity::Error, "the first is /etc/passwd"));

  const auto links = look_at(gzip(good_jdk()
                                      .symlink("lib/cacerts", "/etc/ssl/cacerts")
                                      .symlink("lib/x", "../../x")
                                      .hardlink("lib/y", "../y")));
  EXPECT_TRUE(has_finding(links, Severity::Error, "3 links have a target that leads outside"))
      << listed(links);
}

TEST(Look, LetsLinksPointAroundInside) {
  const auto summary = look_at(gzip(good_jdk()
                                        .symlink("lib/a", "../bin/java")
                                        .symlink("./lib/b", "./c/../../bin")
                                        .hardlink("lib/c", "bin/java")));

  EXPECT_EQ(listed(summary), "");
}

// ---- Things that are no archives, or broken ones ----------------------------

TEST(Look, AtAWebPageSaysSo) {
  const auto summary = look_at("<html><body>404 Not Found</body></html>\n");

  EXPECT_EQ(summary.kind, Kind::NotAnArchive);
  ASSERT_EQ(summary.findings.size(), 1u);
  EXPECT_TRUE(has_finding(summary, Severity::Warning, "web page")) << listed(summary);
}

TEST(Look, AtNothingOrRandomBytesSaysThatItIsNoArchive) {
  EXPECT_EQ(look_at("").kind, Kind::NotAnArchive);
  std::mt19937 random(1);
  for (const std::size_t size : {1u, 2u, 511u, 512u, 4096u, 100'000u}) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const auto summary = look_at(bytes);
    EXPECT_EQ(summary.kind, Kind::NotAnArchive) << size;
    EXPECT_TRUE(has_finding(summary, Severity::Warning, "no tar archive"));
  }
  EXPECT_EQ(look_at(pack("just some text", Filter::Gzip)).kind, Kind::NotAnArchive);
}

/// So many bytes that gzip cannot make few of them.
Tarball incompressible() {
  std::mt19937 random(2);
  std::string data(200'000, '\0');
  for (char& c : data) c = static_cast<char>(random());
  return Tarball().file("bin/java").file("lib/a", data).file("lib/b", data);
}

TEST(Look, TellsWhenTheArchiveIsCutOffAnywhere) {
  for (const Filter filter :
       {Filter::None, Filter::Gzip, Filter::Bzip2, Filter::Xz, Filter::Zstd}) {
    const std::string whole = pack(incompressible().open_tar(), filter);
    ASSERT_FALSE(has_finding(look_at(whole), Severity::Error, ""));
    for (const std::size_t percent : {30u, 60u, 99u}) {
      const auto summary = look_at(whole.substr(0, whole.size() * percent / 100));
      EXPECT_TRUE(has_finding(summary, Severity::Error, "cut off or damaged") ||
                  summary.kind == Kind::NotAnArchive)
          << static_cast<int>(filter) << " at " << percent << " %: " << listed(summary);
    }
  }
}

// gzip shows damage where its codes stop making sense (libarchive does not check
// its CRC), bzip2 by the checksum of a block of 900 kB.
TEST(Look, TellsWhenTheArchiveIsDamagedInside) {
  std::mt19937 random(3);
  std::string text;
  while (text.size() < 3'000'000) text += std::to_string(random()) + " is a number\n";
  const std::string tar = Tarball().file("first").file("numbers", text).file("last").tar();
  for (const Filter filter : {Filter::Gzip, Filter::Bzip2}) {
    std::string bytes = pack(tar, filter);
    const std::size_t middle = bytes.size() / 2;
    for (std::size_t i = 0; i < 4096; ++i)
      bytes[middle + i] = static_cast<char>(~bytes[middle + i]);

    EXPECT_TRUE(has_finding(look_at(bytes), Severity::Error, "damaged"))
        << static_cast<int>(filter) << listed(look_at(bytes));
  }
}

TEST(Look, TellsWhenAHeaderIsDamaged) {
  std::string tar = good_jdk().tar();
  tar[512 + 10] = '#';  // In the second header, whose checksum no longer fits.

  const auto summary = look_at(pack(tar, Filter::Gzip));

  EXPECT_TRUE(has_finding(summary, Severity::Error, "damaged after 1 entries")) << listed(summary);
}

TEST(Look, DoesNotMindBytesBehindTheEnd) {
  EXPECT_EQ(listed(look_at(pack(good_jdk().tar() + "trailing", Filter::Gzip))), "");
  EXPECT_EQ(listed(look_at(gzip(good_jdk()) + "trailing")), "");
}

TEST(Look, FailsWithTheSourcesOwnError) {
  const std::string bytes = gzip(incompressible());
  int calls = 0;
  const ByteSource broken = [&]() -> Result<std::span<const std::byte>> {
    if (++calls == 3) return fail(ErrorCode::Corrupt, "piece 7: checksum");
    return std::as_bytes(std::span(bytes))
        .subspan(static_cast<std::size_t>(calls - 1) * 1000, 1000);
  };

  const auto summary = look(broken);

  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error(), (Error{ErrorCode::Corrupt, "piece 7: checksum"}));
}

// ---- Bounds -----------------------------------------------------------------

TEST(Look, EndsAtTooManyEntries) {
  Tarball tarball;
  for (int i = 0; i < 11; ++i) tarball.file("f" + std::to_string(i));
  Limits ten;
  ten.max_entries = 10;

  EXPECT_TRUE(has_finding(look_at(gzip(tarball), ten), Severity::Error, "more than 10 entries"));
}

TEST(Look, EndsWhenTooMuchComesOut) {
  const std::string bytes =
      gzip(Tarball().file("a", std::string(50'000, 'x')).file("b", std::string(60'000, 'x')));
  Limits small;
  small.max_extracted_bytes = 100'000;

  const auto summary = look_at(bytes, small);

  EXPECT_TRUE(has_finding(summary, Severity::Error, "unpacks to more than 100000 bytes"));
  EXPECT_LE(summary.extracted_bytes, 200'000u);
}

TEST(Look, EndsAtABomb) {
  const std::string bytes = gzip(Tarball().file("a", std::string(4'000'000, '\0')));
  Limits strict;
  strict.ratio_from = 1'000'000;
  strict.max_ratio = 100;

  EXPECT_TRUE(has_finding(look_at(bytes, strict), Severity::Error, "more than 100 times its size"));
  EXPECT_FALSE(has_finding(look_at(bytes), Severity::Error, ""));
}

TEST(Look, CountsTheBytesThatAreThereAndNotThoseThatAHeaderPromises) {
  const auto summary =
      look_at(gzip(Tarball().file("first").header("lie", '0', 5ull << 30).raw("few bytes")));

  EXPECT_TRUE(has_finding(summary, Severity::Error, "cut off")) << listed(summary);
  EXPECT_LT(summary.extracted_bytes, 10'000u);
}

TEST(Look, EndsAtAPromiseBeyondTheLimit) {
  const auto summary = look_at(gzip(Tarball().header("lie", '0', 1ull << 62)));

  EXPECT_TRUE(has_finding(summary, Severity::Error, "")) << listed(summary);
  EXPECT_EQ(summary.extracted_bytes, 0u);
}

TEST(Look, SurvivesHeadersWithinHeaders) {
  Tarball tarball;
  const std::string record = "13 comment=x\n";
  for (int i = 0; i < 200'000; ++i)
    tarball.header("g", 'g', record.size()).raw(record).raw(std::string(512 - record.size(), '\0'));

  const auto summary = look_at(gzip(tarball));  // Recursion once per header would end the stack.

  EXPECT_EQ(summary.extracted_bytes, 0u);
}

// Whatever bytes are changed, there is an answer.
TEST(Look, SurvivesEveryByteChanged) {
  const std::string good = good_spark().symlink("spark-3.5.7/l", "x").tar();
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xFF);
    EXPECT_TRUE(look(test::source_of(bad)));
  }
  const std::string packed = gzip(good_spark());
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string bad = packed;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_TRUE(look(test::source_of(bad)));
  }
}

}  // namespace
}  // namespace stagecache::archive
