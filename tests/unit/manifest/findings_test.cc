#include <gtest/gtest.h>

#include <algorithm>

#include "stagecache/manifest/spark_runtime.h"

namespace stagecache::manifest {
namespace {

using namespace std::string_literals;

constexpr const char* kHex = "1111111111111111111111111111111111111111111111111111111111111111";

/// A file without findings but those of `extra`, which stands on lines 8 and up.
std::string good_file_and(const std::string& extra) {
  const std::string hex = kHex;
  return "JDK_URL=https://a.example/jdk-17.tgz\nJDK_FILENAME=jdk-17.tgz\nJDK_SHA256=" + hex +
         "\nSPARK_URL=https://a.example/spark-3.5.7.tgz\nSPARK_FILENAME=spark-3.5.7.tgz\n"
         "SPARK_SHA256=" +
         hex + "\nCACHE_DISABLED=true\n" + extra;
}

/// The finding at that place whose text contains `part`.
const Finding* find(const Findings& findings, std::uint32_t line, std::string_view part) {
  const auto found = std::ranges::find_if(findings, [&](const Finding& finding) {
    return finding.line == line && finding.text.find(part) != std::string::npos;
  });
  return found == findings.end() ? nullptr : &*found;
}

std::string listed(const Findings& findings) {
  std::string all;
  for (const Finding& one : findings)
    all += std::to_string(one.line) + ":" + std::to_string(one.column) + " " +
           std::string(to_string(one.severity)) + " " + one.text + " [" + one.fix + "]\n";
  return all;
}

TEST(Findings, OfAGoodFileAreNone) {
  EXPECT_EQ(listed(read_spark_runtime(good_file_and("")).findings), "");
  EXPECT_EQ(listed(read_spark_runtime(good_file_and("\n# a comment\n\t\r\n")).findings), "");
}

TEST(Findings, OfAGoodFileWithWindowsLineEndsAreNone) {
  std::string text = good_file_and("");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");

  EXPECT_EQ(listed(read_spark_runtime(text).findings), "");
}

struct FindingCase {
  const char* name;
  std::string text;
  std::uint32_t line;
  std::uint32_t column;
  Severity severity;
  const char* part;  ///< Of the finding's text.
  std::string fix;
};

class FindingsTable : public testing::TestWithParam<FindingCase> {};

TEST_P(FindingsTable, SaysWhereWhatAndHowToMendIt) {
  const FindingCase& row = GetParam();

  const Findings findings = read_spark_runtime(row.text).findings;

  const Finding* const found = find(findings, row.line, row.part);
  ASSERT_TRUE(found) << listed(findings);
  EXPECT_EQ(found->column, row.column) << listed(findings);
  EXPECT_EQ(found->severity, row.severity) << listed(findings);
  EXPECT_EQ(found->fix, row.fix);
}

constexpr auto kNote = Severity::Note;
constexpr auto kWarning = Severity::Warning;
constexpr auto kError = Severity::Error;

// clang-format off
INSTANTIATE_TEST_SUITE_P(Lines, FindingsTable, testing::Values(
    FindingCase{"PrefixHijack",       good_file_and("JDK_URL_BACKUP=2\n"), 8, 8, kError, "it uses 2", "#JDK_URL_BACKUP=2"},
    FindingCase{"HarmlessPrefix",     "JDK_URL_BACKUP=2\nJDK_URL=1\n", 1, 8, kNote, "a later one wins", "#JDK_URL_BACKUP=2"},
    FindingCase{"LeadingBlankLosesIt"," JDK_URL=https://a/b\n", 1, 1, kError, "a blank stands before JDK_URL", "JDK_URL=https://a/b"},
    FindingCase{"LeadingBlank",       good_file_and("\tjdk_url=x"), 8, 1, kWarning, "a blank stands before JDK_URL", "jdk_url=x"},
    FindingCase{"CommentedOut",       "# JDK_URL=https://a/b\n", 1, 1, kNote, "'#' stands before JDK_URL", "JDK_URL=https://a/b"},
    FindingCase{"Export",             "export JDK_URL=https://a/b\r\n", 1, 1, kError, "\"export\" stands before", "JDK_URL=https://a/b"},
    FindingCase{"ByteOrderMark",      "\xEF\xBB\xBFJDK_URL=https://a/b\n", 1, 1, kError, "byte order mark stands before JDK_URL", "JDK_URL=https://a/b"},
    FindingCase{"Colon",              good_file_and("JDK_URL: https://a/b\n"), 8, 8, kError, "the whole line", "JDK_URL=https://a/b"},
    FindingCase{"KeyAlone",           good_file_and("JDK_URL\n"), 8, 8, kError, "the whole line", ""},
    FindingCase{"ColonAndEquals",     good_file_and("JDK_URL: https://a/b?x=1\n"), 8, 8, kError, "what stands behind the first '=', \"1\"", ""},
    FindingCase{"OverriddenByAnother",good_file_and("JDK_URL=https://a.example/jdk-17.tgz?\n"), 1, 1, kWarning, "line 8 sets JDK_URL again, to another value", "#JDK_URL=https://a.example/jdk-17.tgz"},
    FindingCase{"OverriddenBySame",   good_file_and("CACHE_DISABLED=true\n"), 7, 1, kNote, "to the same value", "#CACHE_DISABLED=true"},
    FindingCase{"UnknownKey",         good_file_and("PYTHON=3\n"), 8, 1, kNote, "knows no key PYTHON", ""},
    FindingCase{"MisspeltKey",        good_file_and("SPRAK_URL=x\n"), 8, 1, kWarning, "SPARK_URL is one", "SPARK_URL=x"},
    FindingCase{"ShortKey",           good_file_and("jdk_sha = x\n"), 8, 1, kWarning, "JDK_SHA256 is one", "JDK_SHA256=x"},
    FindingCase{"Nonsense",           good_file_and("hello there\n"), 8, 1, kNote, "ignores it", ""},
    FindingCase{"NoUtf8",             good_file_and("JDK_URL=caf\xE9\n"), 8, 12, kWarning, "no UTF-8", "save the file as UTF-8"},
    FindingCase{"Nul",                "JDK_URL=a\nx\0\n"s, 2, 2, kError, "NUL byte", "save the file as UTF-8 text without a byte order mark"},
    FindingCase{"Utf16",              "\xFF\xFEJ\0D\0"s, 1, 4, kError, "UTF-16", "save the file as UTF-8 text without a byte order mark"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Values, FindingsTable, testing::Values(
    FindingCase{"CutInAQuery",        "JDK_URL=https://a/b?x=1&y=2\n", 1, 22, kError, "uses \"https://a/b?x\"", ""},
    FindingCase{"CutInAPath",         "JDK_URL=https://a/v=1/b\n", 1, 20, kError, "uses \"https://a/v\"", "JDK_URL=https://a/v%3D1/b"},
    FindingCase{"DoubleQuotes",       "JDK_URL=\"https://a/b\"\n", 1, 9, kError, "curl fails", "JDK_URL=https://a/b"},
    FindingCase{"SingleQuotedTrue",   "CACHE_DISABLED='true'\n", 1, 16, kError, "quotes are part", "CACHE_DISABLED=true"},
    FindingCase{"CommentBehindUrl",   "JDK_URL=https://a/b # note\n", 1, 21, kError, "has 3 words (a comment", "JDK_URL=https://a/b"},
    FindingCase{"CommentBehindDigest","JDK_SHA256="s + kHex + " # note\n", 1, 77, kNote, "only the first is used", "JDK_SHA256="s + kHex},
    FindingCase{"BlankInFilename",    "JDK_FILENAME=my jdk.tgz\n", 1, 17, kError, "redirect", "JDK_FILENAME=my"},
    FindingCase{"CommentBehindTrue",  "CACHE_DISABLED=true # ok\n", 1, 21, kError, "cache stays on", "CACHE_DISABLED=true"},
    FindingCase{"EmptyHides",         good_file_and("JDK_URL=\n"), 8, 1, kError, "hides the one of line 1", "JDK_URL=https://a.example/jdk-17.tgz"},
    FindingCase{"Empty",              "JDK_FILENAME= \n", 1, 1, kNote, "is empty: the buildpack uses its default (openjdk", ""},
    FindingCase{"TrueInCapitals",     "CACHE_DISABLED=TRUE\n", 1, 16, kWarning, "only the exact word true", "CACHE_DISABLED=true"},
    FindingCase{"CacheLeftOn",        "CACHE_DISABLED=false\n", 1, 16, kNote, "second copy", "CACHE_DISABLED=true"},
    FindingCase{"CacheNotMentioned",  "", 0, 0, kNote, "CACHE_DISABLED is not set", "CACHE_DISABLED=true"},
    FindingCase{"NoUrl",              "JDK_URL=a/b.tgz\n", 1, 9, kError, "no URL that can be fetched", ""},
    FindingCase{"ShortDigest",        "JDK_SHA256=12\n", 1, 12, kError, "no SHA-256 of 64", ""},
    FindingCase{"Sha512",             "SPARK_SHA256="s + kHex + kHex + "\n", 1, 14, kError, "SHA-512", ""},
    FindingCase{"FolderInFilename",   "JDK_FILENAME=sub/jdk.tgz\n", 1, 14, kError, "a '/'", "JDK_FILENAME=jdk.tgz"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Downloads, FindingsTable, testing::Values(
    FindingCase{"UrlWithoutDigest",   "JDK_URL=https://a/b.tgz\n", 1, 1, kError, "JDK_URL has no JDK_SHA256 beside it", "JDK_SHA256=<the file's SHA-256>"},
    FindingCase{"DigestWithoutUrl",   "SPARK_SHA256="s + kHex, 1, 1, kError, "SPARK_SHA256 has no SPARK_URL beside it", "SPARK_URL=<the file's URL>"},
    FindingCase{"UrlWithoutFilename", "JDK_URL=https://a/b.tgz\n", 1, 1, kNote, "saved as openjdk-1.8.0_91.tar.gz, the default", "JDK_FILENAME=b.tgz"},
    FindingCase{"OtherFilename",      good_file_and("JDK_FILENAME=jdk.tgz\n"), 8, 1, kNote, "jdk-17.tgz is saved as jdk.tgz", "JDK_FILENAME=jdk-17.tgz"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Findings, LetTheDefaultFileComeFromAnotherPlace) {
  const Findings findings = read_spark_runtime(
                                "SPARK_URL=https://archive.apache.org/dist/spark/spark-2.1.0/"
                                "spark-2.1.0-bin-hadoop2.7.tgz\n"
                                "CACHE_DISABLED=true\n")
                                .findings;

  EXPECT_EQ(listed(findings), "");
}

TEST(Findings, TakeAnEscapedBaseNameForTheSame) {
  const Findings findings =
      read_spark_runtime(
          "JDK_URL=https://a.example/jdk-17%2B8.tgz\nJDK_FILENAME=jdk-17+8.tgz\nJDK_SHA256="s +
          kHex + "\nCACHE_DISABLED=true\n")
          .findings;

  EXPECT_EQ(listed(findings), "");
}

TEST(Findings, DoNotNameACommentBesideTheRealLine) {
  EXPECT_EQ(listed(read_spark_runtime(good_file_and("#JDK_URL=https://a/old\n")).findings), "");
}

TEST(Findings, NeverShowControlsOfTheFile) {
  const auto findings = read_spark_runtime("JDK_URL=\x1B[2Jx\nFOO\x07=1\n").findings;

  const std::string all = listed(findings);
  EXPECT_EQ(all.find('\x1B'), std::string::npos) << all;
  EXPECT_EQ(all.find('\x07'), std::string::npos) << all;
}

TEST(Findings, AreBoundedAndKeepTheGravest) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "nonsense\n";
  text += " SPARK_URL=https://a/b\n";

  const Findings findings = read_spark_runtime(text).findings;

  EXPECT_LE(findings.size(), 200u);
  EXPECT_TRUE(find(findings, 5'001, "a blank stands before SPARK_URL"));
  EXPECT_TRUE(find(findings, 0, "more findings than are shown"));
}

}  // namespace
}  // namespace stagecache::manifest
