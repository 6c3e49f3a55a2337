#include "stagecache/manifest/spark_runtime.h"

#include <gtest/gtest.h>

namespace stagecache::manifest {
namespace {

using namespace std::string_literals;
using Words = std::vector<std::string>;

constexpr const char* kDefaultJdkUrl =
    "https://java-buildpack.cloudfoundry.org/openjdk/trusty/x86_64/openjdk-1.8.0_91.tar.gz";
const Words kFallsBack = {};

struct ReadingCase {
  const char* name;
  std::string text;
  Words words;
};

class JdkUrl : public testing::TestWithParam<ReadingCase> {};

TEST_P(JdkUrl, IsReadAsTheBuildpackReadsIt) {
  const ReadingCase& row = GetParam();

  EXPECT_EQ(buildpack_words(row.text, "JDK_URL"), row.words);

  const Setting setting = read_spark_runtime(row.text).jdk_url;
  EXPECT_EQ(setting.is_default, row.words.empty());
  EXPECT_EQ(setting.words, row.words.empty() ? Words{kDefaultJdkUrl} : row.words);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Table, JdkUrl, testing::Values(
    ReadingCase{"Plain",              "JDK_URL=https://a/b.tgz\n",             {"https://a/b.tgz"}},
    ReadingCase{"LowerCase",          "jdk_url=https://a/b.tgz\n",             {"https://a/b.tgz"}},
    ReadingCase{"NoFinalNewline",     "JDK_URL=https://a/b.tgz",               {"https://a/b.tgz"}},
    ReadingCase{"CrLf",               "JDK_URL=https://a/b.tgz\r\n",           {"https://a/b.tgz"}},
    ReadingCase{"BlanksAround",       "JDK_URL = https://a/b\t \n",            {"https://a/b"}},
    ReadingCase{"PrefixMatchLastWins","JDK_URL=1\nJDK_URL_BACKUP=2\n",         {"2"}},
    ReadingCase{"LastWins",           "JDK_URL=1\njdk_url=2\n",                {"2"}},
    ReadingCase{"CutAtSecondEquals",  "JDK_URL=https://a/b?x=1&y=2\n",         {"https://a/b?x"}},
    ReadingCase{"LeadingBlank",       " JDK_URL=https://a/b\n",                kFallsBack},
    ReadingCase{"Comment",            "#JDK_URL=https://a/b\n",                kFallsBack},
    ReadingCase{"Export",             "export JDK_URL=https://a/b\n",          kFallsBack},
    ReadingCase{"ByteOrderMark",      "\xEF\xBB\xBFJDK_URL=https://a/b\n",     kFallsBack},
    ReadingCase{"QuotesAreKept",      "JDK_URL=\"https://a/b\"\n",             {"\"https://a/b\""}},
    ReadingCase{"TrailingComment",    "JDK_URL=https://a/b # note\n",          {"https://a/b", "#", "note"}},
    ReadingCase{"KeyAlone",           "JDK_URL\n",                             {"JDK_URL"}},
    ReadingCase{"Colon",              "JDK_URL: x\n",                          {"JDK_URL:", "x"}},
    ReadingCase{"EmptyHidesEarlier",  "JDK_URL=https://a/b\nJDK_URL=\n",       kFallsBack},
    ReadingCase{"BlankValue",         "JDK_URL= \t\r\n",                       kFallsBack},
    ReadingCase{"NulAnywhere",        "JDK_URL=https://a/b\n\0\n"s,            kFallsBack},
    ReadingCase{"NoUtf8IsLeftOut",    "JDK_URL=1\nJDK_URL=\xFF\n",             {"1"}},
    ReadingCase{"NoUtf8Elsewhere",    "JDK_URL=1\n# caf\xE9\n",                {"1"}},
    ReadingCase{"NoBreakSpaceStays",  "JDK_URL=a\xC2\xA0" "b\n",               {"a\xC2\xA0" "b"}},
    ReadingCase{"EmSpaceSplits",      "JDK_URL=a\xE2\x80\x83" "b\n",           {"a", "b"}},
    ReadingCase{"OtherKeyOnly",       "SPARK_URL=https://a/b\n",               kFallsBack},
    ReadingCase{"EmptyFile",          "",                                      kFallsBack},
    ReadingCase{"OnlyNewlines",       "\n\n\n",                                kFallsBack}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(SparkRuntime, OfAnEmptyFileIsTheBuildpacksDefaults) {
  const SparkRuntime runtime = read_spark_runtime("");

  ASSERT_EQ(runtime.downloads.size(), 2u);
  const Download& jdk = runtime.downloads[0];
  EXPECT_EQ(jdk.what, Download::What::Jdk);
  EXPECT_EQ(jdk.url_text, kDefaultJdkUrl);
  ASSERT_TRUE(jdk.url);
  EXPECT_EQ(jdk.url->host, "java-buildpack.cloudfoundry.org");
  EXPECT_EQ(jdk.filename, "openjdk-1.8.0_91.tar.gz");
  ASSERT_TRUE(jdk.sha256);
  EXPECT_EQ(jdk.sha256->hex(), "6bc971e0501501bddf61e9095a752a7f00dc27928e3590ff880cc63df081fed3");
  const Download& spark = runtime.downloads[1];
  EXPECT_EQ(spark.what, Download::What::Spark);
  EXPECT_EQ(spark.url_text, "http://d3kbcqa49mib13.cloudfront.net/spark-2.1.0-bin-hadoop2.7.tgz");
  EXPECT_EQ(spark.filename, "spark-2.1.0-bin-hadoop2.7.tgz");
  ASSERT_TRUE(spark.sha256);
  EXPECT_EQ(spark.sha256->hex(),
            "0834c775f38473f67cb122e0ec21074f800ced50c1ff1b9e37e222a0069dc5c7");
  EXPECT_FALSE(runtime.cache_is_disabled);
}

TEST(SparkRuntime, FallsBackKeyByKey) {
  const SparkRuntime runtime = read_spark_runtime("\nSPARK_FILENAME=mine.tgz\n");

  EXPECT_FALSE(runtime.spark_filename.is_default);
  EXPECT_EQ(runtime.spark_filename.line, 2u);
  EXPECT_EQ(runtime.downloads[1].filename, "mine.tgz");
  EXPECT_TRUE(runtime.spark_url.is_default);
  EXPECT_EQ(runtime.spark_url.line, 0u);
}

TEST(SparkRuntime, DisablesTheCacheForTheExactWordOnly) {
  EXPECT_TRUE(read_spark_runtime("CACHE_DISABLED=true").cache_is_disabled);
  EXPECT_TRUE(read_spark_runtime("cache_disabled = true \r\n").cache_is_disabled);
  EXPECT_FALSE(read_spark_runtime("CACHE_DISABLED=TRUE").cache_is_disabled);
  EXPECT_FALSE(read_spark_runtime("CACHE_DISABLED=\"true\"").cache_is_disabled);
  EXPECT_FALSE(read_spark_runtime("CACHE_DISABLED=true # yes").cache_is_disabled);
  EXPECT_FALSE(read_spark_runtime("CACHE_DISABLED=").cache_is_disabled);
}

TEST(SparkRuntime, UsesTheFirstWordOfADigestInEitherCase) {
  const std::string hex(64, 'A');

  const auto runtime = read_spark_runtime("SPARK_SHA256=" + hex + " # of spark\n");

  ASSERT_TRUE(runtime.downloads[1].sha256);
  EXPECT_EQ(runtime.downloads[1].sha256->hex(), std::string(64, 'a'));
}

TEST(SparkRuntime, HasNoUrlAndNoDigestWhereTheBuildpackWouldFail) {
  const auto runtime = read_spark_runtime(
      "JDK_URL=https://a.example/b # note\nSPARK_URL=\"https://a.example/b\"\nJDK_SHA256=12\n");

  EXPECT_FALSE(runtime.downloads[0].url);
  EXPECT_EQ(runtime.downloads[0].url_text, "https://a.example/b # note");
  EXPECT_FALSE(runtime.downloads[0].sha256);
  EXPECT_FALSE(runtime.downloads[1].url);
}

}  // namespace
}  // namespace stagecache::manifest
