// Where the bytes of a URL may be found, and in which order these places are asked.
#include <gtest/gtest.h>

#include "stagecache/upstream/policy.h"

namespace stagecache::upstream {
namespace {

using enum MirrorRule::When;
using Rules = std::vector<MirrorRule>;

Url url(std::string_view text) {
  return Url::parse(text).value();
}

/// "b.org/x [a.org/x] c.org/x": in order, the URL itself in brackets.
std::string places(const Rules& rules, std::string_view asked) {
  std::string text;
  for (const Place& place : Policy({}, rules).places_of(url(asked))) {
    const std::string one = place.url.host_port() + place.url.target();
    text += (text.empty() ? "" : " ") + (place.kind == Place::Kind::Itself ? "[" + one + "]" : one);
  }
  return text;
}

struct Case {
  const char* name;
  Rules rules;
  const char* asked;
  const char* places;
};
class MirrorRules : public testing::TestWithParam<Case> {};

TEST_P(MirrorRules, GiveThePlacesInOrder) {
  EXPECT_EQ(places(GetParam().rules, GetParam().asked), GetParam().places);
}

const Rules kWholeHost = {{.prefix = "a.org", .also = {"b.org"}}};
const Rules kTwice = {
    {.prefix = "a.org/spark-{version}/spark-{version}-bin", .also = {"b.org/{version}/bin"}}};
const Rules kOnce = {{.prefix = "a.org/s-{version}", .also = {"b.org/{version}/s-{version}"}}};

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, MirrorRules, testing::Values(
    Case{"NoRule",                   {},         "https://a.org/x",               "[a.org/x]"},
    Case{"WholeHost",                kWholeHost, "https://a.org/x",               "[a.org/x] b.org/x"},
    Case{"WholeHostAndNoLongerName", kWholeHost, "https://a.org.evil.org/x",      "[a.org.evil.org/x]"},
    Case{"WholeHostAndNoPort",       kWholeHost, "https://a.org:8443/x",          "[a.org:8443/x]"},
    Case{"QueryKept",                kWholeHost, "https://a.org/x?v=1&w",         "[a.org/x?v=1&w] b.org/x?v=1&w"},
    Case{"RestAndOrderKept",
         {{.prefix = "a.org/dist/", .also = {"b.org/x/", "127.0.0.1:9000/y/"}},
          {.prefix = "a.org/dist/spark/", .also = {"b.org/x/spark/", "c.org/"}}},
         "https://a.org/dist/spark/s.tgz?v=1",
         "[a.org/dist/spark/s.tgz?v=1] b.org/x/spark/s.tgz?v=1 127.0.0.1:9000/y/spark/s.tgz?v=1 c.org/s.tgz?v=1"},
    Case{"FirstOnesBeforeTheUrl",
         {{.prefix = "a.org/", .also = {"b.org/"}}, {.prefix = "a.org/", .also = {"c.org/", "d.org/"}, .when = First}},
         "https://a.org/x", "c.org/x d.org/x [a.org/x] b.org/x"},
    Case{"EachPlaceOnce",
         {{.prefix = "a.org/", .also = {"b.org/", "a.org/", "b.org/"}, .when = First}, {.prefix = "a.org/", .also = {"b.org/"}}},
         "https://a.org/x", "b.org/x [a.org/x]"},
    Case{"EachPlaceOnceWhateverThePlusSign",
         {{.prefix = "a.org/", .also = {"b.org/17+1/", "b.org/17%2B1/"}}},
         "https://a.org/x", "[a.org/x] b.org/17+1/x"},
    Case{"Version",              kOnce,  "https://a.org/s-3.5.1-bin.tgz",     "[a.org/s-3.5.1-bin.tgz] b.org/3.5.1/s-3.5.1-bin.tgz"},
    Case{"VersionBeforeADot",    kOnce,  "https://a.org/s-3.5.1.tgz",         "[a.org/s-3.5.1.tgz] b.org/3.5.1/s-3.5.1.tgz"},
    Case{"VersionAtTheEnd",      kOnce,  "https://a.org/s-3.5",               "[a.org/s-3.5] b.org/3.5/s-3.5"},
    Case{"VersionBeforeAQuery",  kOnce,  "https://a.org/s-3.5?x",             "[a.org/s-3.5?x] b.org/3.5/s-3.5?x"},
    Case{"NoVersionWithoutADot", kOnce,  "https://a.org/s-17.tgz",            "[a.org/s-17.tgz]"},
    Case{"NoVersionOfDots",      kOnce,  "https://a.org/s-..tgz",             "[a.org/s-..tgz]"},
    Case{"NoVersionBehindADot",  kOnce,  "https://a.org/s-.1.2",              "[a.org/s-.1.2]"},
    Case{"EmptyVersion",         kOnce,  "https://a.org/s--bin.tgz",          "[a.org/s--bin.tgz]"},
    Case{"NothingForTheVersion", kOnce,  "https://a.org/s-",                  "[a.org/s-]"},
    Case{"Twice",                kTwice, "https://a.org/spark-2.1.0/spark-2.1.0-bin.tgz", "[a.org/spark-2.1.0/spark-2.1.0-bin.tgz] b.org/2.1.0/bin.tgz"},
    Case{"TwiceAndNotTheSame",   kTwice, "https://a.org/spark-2.1.0/spark-2.1.1-bin.tgz", "[a.org/spark-2.1.0/spark-2.1.1-bin.tgz]"},
    Case{"TwiceAndLonger",       kTwice, "https://a.org/spark-2.1/spark-2.10-bin.tgz",    "[a.org/spark-2.1/spark-2.10-bin.tgz]"},
    Case{"TwiceAndLongerByADot", kTwice, "https://a.org/spark-2.1/spark-2.1.0-bin.tgz",   "[a.org/spark-2.1/spark-2.1.0-bin.tgz]"},
    Case{"NoVersionToFillIn",    {{.prefix = "a.org/", .also = {"b.org/{version}/", "c.org/"}}}, "https://a.org/1.2", "[a.org/1.2] c.org/1.2"},
    Case{"BracesInARequest",     kOnce,  "https://a.org/s-%7Bversion%7D",     "[a.org/s-%7Bversion%7D]"}),
    [](const auto& test) { return test.param.name; });

const std::string kDist = "archive.apache.org/dist/spark/spark-3.5.1/";
const std::string kFast = "dlcdn.apache.org/spark/spark-3.5.1/";
const std::string kTgz = "spark-3.5.1-bin-hadoop3.tgz";

struct ShippedCase {
  const char* name;
  std::string asked;
  std::string places;
};
class ShippedMirrors : public testing::TestWithParam<ShippedCase> {};

TEST_P(ShippedMirrors, AreAskedInThisOrder) {
  EXPECT_EQ(places(shipped_mirrors(), "https://" + GetParam().asked), GetParam().places);
}

INSTANTIATE_TEST_SUITE_P(Cases, ShippedMirrors, testing::Values(
    ShippedCase{"TheBuildpacksDeadDefault", "d3kbcqa49mib13.cloudfront.net/spark-2.1.0-bin-hadoop2.7.tgz",
        "[d3kbcqa49mib13.cloudfront.net/spark-2.1.0-bin-hadoop2.7.tgz] archive.apache.org/dist/spark/spark-2.1.0/spark-2.1.0-bin-hadoop2.7.tgz"},
    ShippedCase{"ItsChecksums", "d3kbcqa49mib13.cloudfront.net/spark-2.4.8-bin-without-hadoop.tgz.sha512",
        "[d3kbcqa49mib13.cloudfront.net/spark-2.4.8-bin-without-hadoop.tgz.sha512] archive.apache.org/dist/spark/spark-2.4.8/spark-2.4.8-bin-without-hadoop.tgz.sha512"},
    ShippedCase{"TheArchive",             kDist + kTgz,             kFast + kTgz + " [" + kDist + kTgz + "]"},
    ShippedCase{"TheArchivesChecksums",   kDist + kTgz + ".sha512", kFast + kTgz + ".sha512 [" + kDist + kTgz + ".sha512]"},
    ShippedCase{"TheArchivesSignatures",  kDist + kTgz + ".asc",    kFast + kTgz + ".asc [" + kDist + kTgz + ".asc]"},
    ShippedCase{"ThePythonPackage",       kDist + "pyspark-3.5.1.tar.gz", kFast + "pyspark-3.5.1.tar.gz [" + kDist + "pyspark-3.5.1.tar.gz]"},
    ShippedCase{"NoListingFromElsewhere", kDist,                    "[" + kDist + "]"},
    ShippedCase{"NoFolderFromElsewhere",  "archive.apache.org/dist/spark/", "[archive.apache.org/dist/spark/]"},
    ShippedCase{"NoOtherProject",         "archive.apache.org/dist/kafka/kafka-3.5.1.tgz", "[archive.apache.org/dist/kafka/kafka-3.5.1.tgz]"},
    ShippedCase{"TheFastMirror",          kFast + kTgz,             "[" + kFast + kTgz + "] " + kDist + kTgz},
    ShippedCase{"TheDownloadsPage",       "downloads.apache.org/spark/spark-3.5.1/" + kTgz,
        kFast + kTgz + " [downloads.apache.org/spark/spark-3.5.1/" + kTgz + "] " + kDist + kTgz}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(ShippedMirrorTable, NamesAllowedHostsOnly) {
  const Policy policy(shipped_hosts(), {});
  for (const MirrorRule& rule : shipped_mirrors())
    for (const std::string& also : rule.also)
      EXPECT_TRUE(policy.find(also.substr(0, also.find('/')))) << also;
}

}  // namespace
}  // namespace stagecache::upstream
