#include "stagecache/model/url.h"

#include <gtest/gtest.h>

namespace stagecache {
namespace {

struct NormalCase {
  const char* name;
  const char* text;
  const char* normal;
};
class NormalUrl : public testing::TestWithParam<NormalCase> {};

TEST_P(NormalUrl, IsTheOneSpelling) {
  const auto url = Url::parse(GetParam().text);

  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->to_string(), GetParam().normal);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, NormalUrl, testing::Values(
    NormalCase{"Plain",            "https://archive.apache.org/dist/x.tgz", "https://archive.apache.org/dist/x.tgz"},
    NormalCase{"UpperCaseHost",    "HTTPS://Archive.Apache.ORG/Dist",       "https://archive.apache.org/Dist"},
    NormalCase{"TrailingDot",      "https://archive.apache.org./x",         "https://archive.apache.org/x"},
    NormalCase{"DefaultPort",      "https://a.org:443/x",                   "https://a.org/x"},
    NormalCase{"OtherPort",        "http://a.org:8080/x",                   "http://a.org:8080/x"},
    NormalCase{"EmptyPort",        "http://a.org:/x",                       "http://a.org/x"},
    NormalCase{"NoPath",           "http://a.org",                          "http://a.org/"},
    NormalCase{"QueryKept",        "http://a.org/x?b=1&a=%2f",              "http://a.org/x?b=1&a=%2F"},
    NormalCase{"UnreservedDecoded","http://a.org/%7Ex%2d%41",               "http://a.org/~x-A"},
    NormalCase{"ReservedStays",    "http://a.org/a%2bb%2Fc",                "http://a.org/a%2Bb%2Fc"},
    NormalCase{"PlusStays",        "http://a.org/jdk-17+8.tgz",             "http://a.org/jdk-17+8.tgz"},
    NormalCase{"DotSegments",      "http://a.org/a/./b/../c",               "http://a.org/a/c"},
    NormalCase{"AboveTheRoot",     "http://a.org/../../etc",                "http://a.org/etc"},
    NormalCase{"EncodedDots",      "http://a.org/a/%2e%2E/b",               "http://a.org/b"},
    NormalCase{"FinalDots",        "http://a.org/a/b/..",                   "http://a.org/a/"},
    NormalCase{"DoubleSlash",      "http://a.org//a//b",                    "http://a.org//a//b"},
    NormalCase{"IPv4",             "http://127.0.0.1:9000/x",               "http://127.0.0.1:9000/x"},
    NormalCase{"IPv6",             "http://[0:0::1]:9000/x",                "http://[::1]:9000/x"},
    NormalCase{"Punycode",         "http://xn--bcher-kva.example/x",        "http://xn--bcher-kva.example/x"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

struct RefusedCase {
  const char* name;
  std::string text;
};
class RefusedUrl : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedUrl, CouldMeanTwoThings) {
  const auto url = Url::parse(GetParam().text);

  ASSERT_FALSE(url) << url->to_string();
  EXPECT_EQ(url.error().code, ErrorCode::BadInput);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, RefusedUrl, testing::Values(
    RefusedCase{"Empty",         ""},
    RefusedCase{"Relative",      "/dist/x"},
    RefusedCase{"NoHost",        "http:///x"},
    RefusedCase{"Ftp",           "ftp://a.org/x"},
    RefusedCase{"File",          "file:///etc/passwd"},
    RefusedCase{"User",          "http://user@a.org/x"},
    RefusedCase{"UserPassword",  "http://allowed.org:80@evil.org/x"},
    RefusedCase{"Fragment",      "http://a.org/x#y"},
    RefusedCase{"Blank",         "http://a.org/a b"},
    RefusedCase{"NewLine",       "http://a.org/a\nb"},
    RefusedCase{"Backslash",     "http://a.org\\@evil.org/"},
    RefusedCase{"BadEscape",     "http://a.org/%zz"},
    RefusedCase{"EncodedHost",   "http://%61.org/x"},
    RefusedCase{"UnicodeHost",   "http://b\xc3\xbc" "cher.example/"},
    RefusedCase{"DecimalHost",   "http://2130706433/x"},
    RefusedCase{"HexHost",       "http://0x7f000001/x"},
    RefusedCase{"HexLabel",      "http://127.0.0.0x1/x"},
    RefusedCase{"OctalHost",     "http://0177.0.0.1/x"},
    RefusedCase{"ShortHost",     "http://127.1/x"},
    RefusedCase{"FiveNumbers",   "http://1.2.3.4.5/x"},
    RefusedCase{"TooLargeNumber","http://256.1.1.1/x"},
    RefusedCase{"TwoDots",       "http://a..org/x"},
    RefusedCase{"OnlyADot",      "http://./x"},
    RefusedCase{"PortZero",      "http://a.org:0/x"},
    RefusedCase{"PortTooLarge",  "http://a.org:65536/x"},
    RefusedCase{"PortThatWraps", "http://a.org:99999/x"},
    RefusedCase{"PortNoNumber",  "http://a.org:http/x"},
    RefusedCase{"ZoneId",        "http://[fe80::1%25eth0]/x"},
    RefusedCase{"ShortHexHost",  "http://0x7f.1/x"},
    RefusedCase{"BigOctalHost",  "http://017700000001/x"},
    RefusedCase{"HexLastLabel",  "http://a.0x1/x"},
    RefusedCase{"LeadingZero",   "http://127.0.0.01/x"},
    RefusedCase{"AddressAndDot", "http://127.0.0.1./x"},
    RefusedCase{"PartEncoded",   "http://127.0.0.%31/x"},
    RefusedCase{"FullWidth",     "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/x"},
    RefusedCase{"IdeographicDot","http://127\xe3\x80\x82" "0.0.1/x"},
    RefusedCase{"SoftHyphen",    "http://a\xc2\xad.org/x"},
    RefusedCase{"FutureAddress", "http://[v1.fe80]/x"},
    RefusedCase{"HalfBracket",   "http://[::1/x"},
    RefusedCase{"BracketedV4",   "http://[127.0.0.1]/x"},
    RefusedCase{"TrailingJunk",  "http://[::1].org/x"},
    RefusedCase{"EmptyUser",     "http://@a.org/x"},
    RefusedCase{"UserThenPort",  "http://a.org:80@evil.org:80/x"},
    RefusedCase{"EncodedAt",     "http://a.org%40evil.org/x"},
    RefusedCase{"EncodedSlash",  "http://a.org%2fevil.org/x"},
    RefusedCase{"Tab",           "http://a.org/\tx"},
    RefusedCase{"CarriageReturn","http://a.org/\rx"},
    RefusedCase{"Delete",        "http://a.org/\x7f"},
    RefusedCase{"SignedPort",    "http://a.org:+80/x"},
    RefusedCase{"TwoPorts",      "http://a.org:80:81/x"},
    RefusedCase{"Gopher",        "gopher://a.org/x"},
    RefusedCase{"LongLabel",     "http://" + std::string(64, 'a') + ".org/x"},
    RefusedCase{"LongHost",      "http://" + std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(62, 'd') + "/x"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Url, ResolvesALocationHeader) {
  const Url base = *Url::parse("https://a.org/x/y?z=1");

  EXPECT_EQ(base.resolve("../w")->to_string(), "https://a.org/w");
  EXPECT_EQ(base.resolve("//b.org/q")->to_string(), "https://b.org/q");
  EXPECT_EQ(base.resolve("http://c.org:81/q#frag")->to_string(), "http://c.org:81/q");
  EXPECT_EQ(base.resolve("?z=2")->to_string(), "https://a.org/x/y?z=2");
  EXPECT_FALSE(base.resolve("file:///etc/passwd"));
  EXPECT_FALSE(base.resolve("http://u@c.org/"));
}

TEST(SourceKey, IgnoresTheSchemeItsDefaultPortAndTheSpellingOfPlus) {
  const auto key = [](const char* text) { return source_key(*Url::parse(text)); };

  EXPECT_EQ(key("http://a.org/jdk-17%2B8.tgz"), "a.org/jdk-17+8.tgz");
  EXPECT_EQ(key("https://A.org:443/jdk-17+8.tgz"), "a.org/jdk-17+8.tgz");
  EXPECT_EQ(key("https://a.org:80/x"), "a.org:80/x");
  EXPECT_EQ(key("https://a.org/x?v=%2B"), "a.org/x?v=%2B");
}

TEST(Url, GivesTheBaseName) {
  EXPECT_EQ(Url::parse("https://a.org/x/spark.tgz?y=/z")->base_name(), "spark.tgz");
  EXPECT_EQ(Url::parse("https://a.org")->base_name(), "");
}

}  // namespace
}  // namespace stagecache
