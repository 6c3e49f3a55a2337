#include "stagecache/http/target.h"

#include <gtest/gtest.h>

namespace stagecache::http {
namespace {

const std::string kHex = "6BC971E0501501BDDF61E9095A752A7F00DC27928E3590FF880CC63DF081FED3";
const std::vector<std::string> kNames = {"Cache.Example", "mirror.internal:8080"};

Result<Target> parse(std::string_view target, std::string_view host = "cache.example:8080",
                     std::string_view method = "GET") {
  return parse_target({.method = method, .target = target, .host = host},
                      {.names = kNames, .local = "10.0.0.7", .listed = [](std::string_view name) {
                         return name == "archive.apache.org";
                       }});
}

/// The target in one line, for the tables.
std::string summary(const Result<Target>& target) {
  if (!target) return "bad input";
  if (std::holds_alternative<HealthTarget>(*target)) return "health";
  if (std::holds_alternative<TunnelTarget>(*target)) return "tunnel";
  if (std::holds_alternative<UnknownTarget>(*target)) return "unknown";
  const auto& artifact = std::get<ArtifactTarget>(*target);
  std::string text;
  if (artifact.sha256) text += artifact.sha256->hex().substr(0, 6) + " ";
  return artifact.source ? text + source_key(*artifact.source) : text + "-";
}

struct TargetCase {
  const char* name;
  std::string target;
  std::string host;
  std::string expected;
};

class ParseTarget : public testing::TestWithParam<TargetCase> {};

TEST_P(ParseTarget, NamesTheSource) {
  EXPECT_EQ(summary(parse(GetParam().target, GetParam().host)), GetParam().expected);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, ParseTarget, testing::Values(
    TargetCase{"Mirror", "/mirror/a.org/x/y.tgz", "cache.example", "a.org/x/y.tgz"},
    TargetCase{"MirrorWithPort", "/mirror/127.0.0.1:9000/x", "cache.example", "127.0.0.1:9000/x"},
    TargetCase{"MirrorWithPort80IsTheHttpSource", "/mirror/a.org:80/x", "cache.example", "a.org/x"},
    TargetCase{"MirrorWithPort443", "/mirror/a.org:443/x", "cache.example", "a.org/x"},
    TargetCase{"MirrorWithQuery", "/mirror/a.org/x?y=1&z", "cache.example", "a.org/x?y=1&z"},
    TargetCase{"MirrorOfARoot", "/mirror/a.org", "cache.example", "a.org/"},
    TargetCase{"MirrorOfNobody", "/mirror//x", "cache.example", "bad input"},
    TargetCase{"MirrorOfAUser", "/mirror/me@a.org/x", "cache.example", "bad input"},
    TargetCase{"Digest", "/sha256/" + kHex + "/jdk.tgz", "cache.example", "6bc971 -"},
    TargetCase{"DigestInLowerCase", "/sha256/6bc971e0501501bddf61e9095a752a7f00dc27928e3590ff880cc63df081fed3/j",
               "cache.example", "6bc971 -"},
    TargetCase{"DigestWithMirror", "/sha256/" + kHex + "/mirror/a.org/j.tgz", "cache.example",
               "6bc971 a.org/j.tgz"},
    TargetCase{"DigestTooShort", "/sha256/6bc971/j.tgz", "cache.example", "bad input"},
    TargetCase{"AbsoluteForm", "http://a.org/x", "a.org", "a.org/x"},
    TargetCase{"AbsoluteFormHttps", "https://a.org/x?q", "a.org", "a.org/x?q"},
    TargetCase{"AbsoluteFormThatNamesUs", "http://cache.example:8080/mirror/a.org/x", "cache.example",
               "a.org/x"},
    TargetCase{"AbsoluteFormThatNamesUsWithoutPath", "http://cache.example", "cache.example", "unknown"},
    TargetCase{"AbsoluteFormToOurAddress", "http://10.0.0.7:8080/mirror/a.org/x", "", "a.org/x"},
    TargetCase{"AbsoluteFormByANameThatLeadsHere", "http://alias.internal/mirror/a.org/x",
               "alias.internal", "a.org/x"},
    TargetCase{"HostIsAnUpstream", "/dist/x.tgz", "archive.apache.org", "archive.apache.org/dist/x.tgz"},
    TargetCase{"HostIsAnUpstreamWithMirrorInItsPath", "/mirror/x.tgz", "archive.apache.org",
               "archive.apache.org/mirror/x.tgz"},
    TargetCase{"HostIsAnUpstreamAndThePathNamesAListedHost", "/mirror/Archive.apache.org/x?y",
               "archive.apache.org", "archive.apache.org/x?y"},
    TargetCase{"HostIsAnUpstreamAndThePathNamesAListedHostWithPort", "/mirror/archive.apache.org:444/x",
               "archive.apache.org:80", "archive.apache.org:444/x"},
    TargetCase{"HostIsAnUpstreamAndThePathNamesAStranger", "/mirror/a.org/x", "archive.apache.org",
               "archive.apache.org/mirror/a.org/x"},
    TargetCase{"HostIsAnUpstreamAndThePathNamesNobody", "/mirror//x", "archive.apache.org",
               "archive.apache.org/mirror//x"},
    TargetCase{"HostIsAnUpstreamAndThePathIsADigest", "/sha256/" + kHex + "/jdk.tgz", "archive.apache.org",
               "6bc971 -"},
    TargetCase{"HostIsAnUpstreamWithSha256InItsPath", "/sha256/sums.txt", "archive.apache.org",
               "archive.apache.org/sha256/sums.txt"},
    TargetCase{"HostIsAnUpstreamWithADigestAsAFileName", "/sha256/" + kHex, "archive.apache.org",
               "archive.apache.org/sha256/" + kHex},
    TargetCase{"AbsoluteFormOfAnUpstreamAndThePathNamesAListedHost",
               "http://archive.apache.org/mirror/archive.apache.org/x", "archive.apache.org",
               "archive.apache.org/x"},
    TargetCase{"HostIsAnUpstreamWithADot", "/x", "Archive.Apache.Org.:80", "archive.apache.org/x"},
    TargetCase{"HostIsAStranger", "/x", "stranger.org", "stranger.org/x"},
    TargetCase{"HostIsAStrangerButThePathIsOurs", "/mirror/a.org/x", "alias.internal", "a.org/x"},
    TargetCase{"HostIsOurAddress", "/mirror/a.org/x", "10.0.0.7:8080", "a.org/x"},
    TargetCase{"HostIsOurNameWithPortInTheList", "/x", "mirror.internal", "unknown"},
    TargetCase{"HostIsLocalhost", "/x", "LOCALHOST:1", "unknown"},
    TargetCase{"NoHost", "/x", "", "unknown"},
    TargetCase{"Health", "/healthz", "cache.example", "health"},
    TargetCase{"HealthThroughABalancer", "/healthz?probe", "balancer.example", "health"},
    TargetCase{"Root", "/", "cache.example", "unknown"},
    TargetCase{"Asterisk", "*", "cache.example", "unknown"},
    TargetCase{"OtherScheme", "ftp://a.org/x", "a.org", "bad input"},
    TargetCase{"NoPath", "a.org/x", "a.org", "bad input"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(ParseTargetOfConnect, IsATunnelWhateverItNames) {
  EXPECT_EQ(summary(parse("archive.apache.org:443", "archive.apache.org:443", "CONNECT")),
            "tunnel");
}

// What is no plain host must not pass for us, nor for anybody.
TEST(ParseTarget, RefusesAnAuthorityThatIsNone) {
  for (const char* authority :
       {"me@cache.example:8080", "cache.example:8080\\@evil.org", "cache.example,evil.org",
        "cache.example:80:81", "cache.example:x", "[::1", "127.1", "%63ache.example", ":8080"}) {
    EXPECT_EQ(summary(parse("http://" + std::string(authority) + "/mirror/a.org/x")), "bad input")
        << authority;
    EXPECT_EQ(summary(parse("/mirror/a.org/x", authority)), "bad input") << authority;
  }
}

TEST(ParseTarget, TakesTheAbsoluteFormAndNotTheHostField) {
  EXPECT_EQ(summary(parse("http://cache.example/mirror/a.org/x", "archive.apache.org")), "a.org/x");
  EXPECT_EQ(summary(parse("http://archive.apache.org/x", "cache.example")), "archive.apache.org/x");
  EXPECT_EQ(summary(parse("http://cache.example/x", "archive.apache.org")), "unknown");
}

TEST(ParseTarget, KnowsEveryListenerOfOursInAnySpelling) {
  const KnownHosts hosts{.names = kNames,
                         .local = "10.0.0.7",
                         .local_port = "8080",
                         .listed = [](std::string_view) { return true; },
                         .own_listener =
                             [](const Url& place) {
                               return (place.host == "[::1]" || place.host == "127.0.0.1") &&
                                      place.port == 8081;
                             }};
  const auto ask = [&](std::string_view target) {
    return summary(parse_target({.method = "GET", .target = target, .host = "a.org"}, hosts));
  };

  EXPECT_EQ(ask("http://127.0.0.1:8081/v1/stats"), "unknown");
  EXPECT_EQ(ask("http://[0:0::0:1]:8081/v1/stats"), "unknown");
  EXPECT_EQ(ask("http://CACHE.example.:8081/x"), "unknown");
  EXPECT_EQ(ask("http://127.0.0.1:9000/x"), "127.0.0.1:9000/x");
}

TEST(ParseTarget, ComparesAnIpv6LiteralWithTheAddressReached) {
  const auto target = parse_target({.method = "GET", .target = "/x", .host = "[::1]:8080"},
                                   {.names = {}, .local = "::1", .listed = {}});

  EXPECT_EQ(summary(target), "unknown");
}

TEST(ParseTarget, SaysWhatIsWrongWithADigest) {
  const auto target = parse("/sha256/abc/x");

  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, ErrorCode::BadInput);
  EXPECT_NE(target.error().message.find("64 hex digits"), std::string::npos);
}

// Another server of this machine, listed as an upstream, is told apart by its port.
TEST(ParseTargetOfAListedOwnAddress, IsOursOnOurPortOnly) {
  const KnownHosts hosts{
      .names = {}, .local = "10.0.0.7", .local_port = "8080", .listed = [](std::string_view name) {
        return name == "10.0.0.7";
      }};
  const auto ask = [&](std::string_view target, std::string_view host) {
    return summary(parse_target({.method = "GET", .target = target, .host = host}, hosts));
  };

  EXPECT_EQ(ask("/x", "10.0.0.7:8080"), "unknown");
  EXPECT_EQ(ask("/mirror/a.org/x", "10.0.0.7:8080"), "a.org/x");
  EXPECT_EQ(ask("http://10.0.0.7:8080/mirror/a.org/x", ""), "a.org/x");
  EXPECT_EQ(ask("http://10.0.0.7:9000/x", ""), "10.0.0.7:9000/x");
  EXPECT_EQ(ask("/x", "10.0.0.7:9000"), "10.0.0.7:9000/x");
}

}  // namespace
}  // namespace stagecache::http
