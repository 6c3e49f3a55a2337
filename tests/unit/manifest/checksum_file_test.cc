#include "stagecache/manifest/checksum_file.h"

#include <gtest/gtest.h>

namespace stagecache::manifest {
namespace {

const std::string kName = "spark-3.5.0-bin-hadoop3.tgz";
const std::string k512(128, 'a'), k512Other(128, 'b'), k256(64, 'c'), k1(40, 'd'), k5(32, 'e');

/// `text` in upper case and in groups of `width`, `per_line` of them a line, as gpg prints it.
std::string grouped(const std::string& hex, std::size_t width, std::size_t per_line) {
  std::string text;
  for (std::size_t i = 0; i * width < hex.size(); ++i) {
    text += i % per_line == 0 ? "\n   " : " ";
    for (const char c : hex.substr(i * width, width)) text += static_cast<char>(std::toupper(c));
  }
  return text + "\n";
}

std::string read(std::string_view suffix, std::string_view text, std::string_view name = kName) {
  for (const ChecksumSuffix& known : checksum_suffixes()) {
    if (known.text != suffix) continue;
    const auto sum = read_checksum_file(text, known, name);
    return sum ? std::string(name_of(sum->kind)) + " " + sum->hex : "nothing";
  }
  return "no such suffix";
}

struct SumCase {
  const char* name;
  std::string suffix, text, expected;
};

class ReadChecksumFile : public testing::TestWithParam<SumCase> {};

TEST_P(ReadChecksumFile, SaysWhatItSaysOfOurFile) {
  EXPECT_EQ(read(GetParam().suffix, GetParam().text), GetParam().expected);
}

const std::string k512Found = "sha512 " + k512, k256Found = "sha256 " + k256;

// clang-format off
INSTANTIATE_TEST_SUITE_P(Formats, ReadChecksumFile, testing::Values(
    SumCase{"Coreutils", ".sha512", k512 + "  " + kName + "\n", k512Found},
    SumCase{"CoreutilsBinary", ".sha512", k512 + " *" + kName + "\n", k512Found},
    SumCase{"CoreutilsUpperCase", ".sha512", std::string(128, 'A') + "  " + kName, k512Found},
    SumCase{"CoreutilsWithPath", ".sha256", k256 + "  ./target/release/" + kName + "\r\n", k256Found},
    SumCase{"CoreutilsOfStandardInput", ".sha256", k256 + "  -\n", k256Found},
    SumCase{"CoreutilsWithTab", ".sha256", k256 + "\t" + kName, k256Found},
    SumCase{"Bare", ".sha256", k256, k256Found},
    SumCase{"BareWithBlanksAround", ".sha256.txt", "\n  " + k256 + " \n\n", k256Found},
    SumCase{"ByteOrderMark", ".sha256.txt", "\xEF\xBB\xBF" + k256 + "  " + kName, k256Found},
    SumCase{"Bsd", ".sha512", "SHA512 (" + kName + ") = " + k512 + "\n", k512Found},
    SumCase{"Openssl", ".sha256", "SHA2-256(" + kName + ")= " + k256 + "\n", k256Found},
    SumCase{"BsdMd5", ".md5", "MD5 (" + kName + ") = " + k5, "md5 " + k5},
    SumCase{"Gpg", ".sha512", kName + ":" + grouped(k512, 8, 8), k512Found},
    SumCase{"GpgShortName", ".sha512", kName + ": AAAAAAAA " + grouped(k512.substr(8), 8, 7), k512Found},
    SumCase{"GpgPairs", ".md5", kName + ": " + grouped(k5, 2, 16), "md5 " + k5},
    SumCase{"GpgWindows", ".sha512", kName + ":\r\n" + grouped(k512, 8, 4), k512Found},
    SumCase{"GroupsWithoutAName", ".sha512", grouped(k512, 8, 8), k512Found},
    SumCase{"ShaIsSha512", ".sha", k512 + "  " + kName, k512Found},
    SumCase{"ShaIsSha256", ".sha", k256, k256Found},
    SumCase{"ShaIsSha1", ".sha", k1, "sha1 " + k1},
    SumCase{"ShaInGpgStyle", ".sha", kName + ":" + grouped(k512, 8, 8), k512Found},
    SumCase{"SeveralFiles", ".sha512", k512Other + "  other.tgz\n" + k512 + "  " + kName + "\n", k512Found},
    SumCase{"SeveralFilesAndComments", ".sha512",
            "# release\n\n" + k512 + "  " + kName + "\n" + k512Other + "  x.tgz\n", k512Found},
    SumCase{"TheSameTwice", ".sha512", k512 + "  " + kName + "\n" + k512 + " *" + kName + "\n", k512Found},
    SumCase{"EscapedName", ".sha512", "\\" + k512 + "  " + kName + "\n", k512Found}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Refused, ReadChecksumFile, testing::Values(
    SumCase{"Empty", ".sha512", "", "nothing"},
    SumCase{"Page", ".sha512", "<html><body>" + k512 + "</body></html>", "nothing"},
    SumCase{"PageWithADigestOnALine", ".sha512", "<pre>\n" + k512 + "  " + kName + "\n</pre>\n", "nothing"},
    SumCase{"PageWithAColon", ".sha512", "<html>: " + k512, "nothing"},
    SumCase{"OtherFile", ".sha512", k512 + "  other.tgz\n", "nothing"},
    SumCase{"OtherFileInGpgStyle", ".sha512", "other.tgz:" + grouped(k512, 8, 8), "nothing"},
    SumCase{"OtherFileInBsdStyle", ".sha512", "SHA512 (other.tgz) = " + k512, "nothing"},
    SumCase{"NameOnlyEndsAlike", ".sha512", k512 + "  old-" + kName, "nothing"},
    SumCase{"TooShort", ".sha512", k512.substr(1) + "  " + kName, "nothing"},
    SumCase{"TooLong", ".sha512", k512 + "a  " + kName, "nothing"},
    SumCase{"NoHex", ".sha512", std::string(128, 'g') + "  " + kName, "nothing"},
    SumCase{"OtherAlgorithm", ".sha512", k256 + "  " + kName, "nothing"},
    SumCase{"Md5InSha", ".sha", k5, "nothing"},
    SumCase{"TwoThatDisagree", ".sha512", k512 + "  " + kName + "\n" + k512Other + "  " + kName, "nothing"},
    SumCase{"TwoWithoutNames", ".sha512", k512 + "\n" + k512Other + "\n", "nothing"},
    SumCase{"WordsBehindIt", ".sha512", k512 + "  " + kName + "\nand more\n", "nothing"},
    SumCase{"NotFoundAsText", ".sha512", "404: Not Found", "nothing"},
    SumCase{"Binary", ".sha512", std::string("\0\x1f\x8b", 3) + k512, "nothing"},
    SumCase{"TooLarge", ".sha512", k512 + std::string(kMaxChecksumFileBytes, '\n'), "nothing"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(ChecksumFile, KnowsAnEscapedName) {
  EXPECT_EQ(read(".sha256", k256 + "  jdk-17+35.tar.gz", "jdk-17%2B35.tar.gz"), k256Found);
}

TEST(ChecksumFile, IsLookedForFromTheStrongestOn) {
  std::string order;
  for (const ChecksumSuffix& suffix : checksum_suffixes()) order += std::string(suffix.text) + " ";

  EXPECT_EQ(order, ".sha512 .sha256 .sha256.txt .sha .md5 ");
}

TEST(ChecksumFile, LiesBesideArchives) {
  for (const char* name : {"a.tgz", "a.tar.gz", "a.tar.xz", "a.tar.bz2", "a.tar.zst", "a.zip",
                           "a.jar", "a.war", "A.TGZ", "a-1.2.Tar.Gz"})
    EXPECT_TRUE(has_archive_name(name)) << name;
  for (const char* name : {"", ".tgz", "a.tgz.sha512", "index.yml", "a.gz", "a.tar", "atgz", "a"})
    EXPECT_FALSE(has_archive_name(name)) << name;
}

}  // namespace
}  // namespace stagecache::manifest
