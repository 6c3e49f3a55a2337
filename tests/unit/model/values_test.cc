#include <gtest/gtest.h>

#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"
#include "stagecache/model/quantity.h"
#include "stagecache/model/sha256.h"

namespace stagecache {
namespace {

using namespace std::chrono_literals;

TEST(ParseSize, KnowsBinaryAndDecimalUnits) {
  EXPECT_EQ(*parse_size("20GiB"), 20ull << 30);
  EXPECT_EQ(*parse_size("20GB"), 20'000'000'000u);
  EXPECT_EQ(*parse_size("512"), 512u);
  EXPECT_EQ(*parse_size("0"), 0u);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "GiB", "-1", "+1", "1 GiB", "1.5GiB", "1gib", "99999999999TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(*parse_duration("90"), 90s);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("15m"), 15min);
  EXPECT_EQ(*parse_duration("7d"), 168h);
  EXPECT_FALSE(parse_duration("1w"));
}

TEST(FormatSize, TakesTheLargestUnitThatReadsWell) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1024), "1 KiB");
  EXPECT_EQ(format_size(1024 * 1024 - 1), "1 MiB");
  EXPECT_EQ(format_size(317'370'347), "302.7 MiB");
  EXPECT_EQ(format_size(10ull << 30), "10 GiB");
}

TEST(FormatDuration, ReadsLikeASentence) {
  EXPECT_EQ(format_duration(850ms), "850 ms");
  EXPECT_EQ(format_duration(12'340ms), "12.3 s");
  EXPECT_EQ(format_duration(250s), "4 min 10 s");
}

// SHA-256 of "" from FIPS 180-4's examples; base64 from RFC 9530's style.
TEST(Sha256, ReadsHexOfEitherCaseAndPrintsItInLowerCase) {
  const auto digest =
      Sha256::parse("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");

  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest->base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(Sha256, RefusesOtherLengthsAndLetters) {
  EXPECT_FALSE(Sha256::parse(""));
  EXPECT_FALSE(Sha256::parse(std::string(63, 'a')));
  EXPECT_FALSE(Sha256::parse(std::string(65, 'a')));
  EXPECT_FALSE(Sha256::parse(std::string(63, 'a') + 'g'));
}

TEST(FindHeader, ComparesNamesWithoutCase) {
  const Headers headers = {{"ETag", "\"1\""}, {"etag", "\"2\""}};

  EXPECT_EQ(find_header(headers, "ETAG"), "\"1\"");
  EXPECT_EQ(find_header(headers, "Age"), std::nullopt);
}

TEST(Validators, AreStrongWithAStrongTagOrADateAndNoWeakTag) {
  EXPECT_TRUE((Validators{.etag = "\"x\"", .last_modified = ""}).strong());
  EXPECT_TRUE((Validators{.etag = "", .last_modified = "Mon, 23 Nov 2026 15:28:00 GMT"}).strong());
  EXPECT_FALSE((Validators{.etag = "W/\"x\"", .last_modified = "x"}).strong());
  EXPECT_FALSE(Validators{}.strong());
}

}  // namespace
}  // namespace stagecache
