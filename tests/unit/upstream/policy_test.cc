#include "stagecache/upstream/policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stagecache::upstream {
namespace {

Url url(std::string_view text) {
  return Url::parse(text).value();
}

Policy table_policy() {
  return Policy({{.name = "Secure.example.org.", .ports = {}},
                 {.name = "plain.example.org", .scheme = Scheme::Http, .ports = {}},
                 {.name = "127.0.0.1", .scheme = Scheme::Http, .ports = {9000}},
                 {.name = "ports.example.org", .ports = {443, 8443}},
                 {.name = "::1", .scheme = Scheme::Http, .ports = {9000}},
                 {.name = "*.wild.org", .ports = {}, .connections = 1},
                 {.name = "*.deep.wild.org", .ports = {}, .connections = 2},
                 {.name = "exact.deep.wild.org", .ports = {}, .connections = 3},
                 {.name = "*.1", .ports = {}}},
                {});
}

struct AdmitCase {
  const char* name;
  const char* asked;
  const char* admitted;  ///< "" for Denied.
};
class Admit : public testing::TestWithParam<AdmitCase> {};

TEST_P(Admit, MapsOrDenies) {
  const auto admitted = table_policy().admit(url(GetParam().asked));

  if (*GetParam().admitted) {
    ASSERT_TRUE(admitted) << admitted.error().message;
    EXPECT_EQ(admitted->to_string(), GetParam().admitted);
  } else {
    ASSERT_FALSE(admitted) << admitted->to_string();
    EXPECT_EQ(admitted.error().code, ErrorCode::Denied);
  }
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, Admit, testing::Values(
    AdmitCase{"AsItIs",               "https://secure.example.org/x",      "https://secure.example.org/x"},
    AdmitCase{"HttpBecomesHttps",     "http://secure.example.org/x?q=1",   "https://secure.example.org/x?q=1"},
    AdmitCase{"HttpsBecomesHttp",     "https://plain.example.org/x",       "http://plain.example.org/x"},
    AdmitCase{"Port80OfAnHttpsHost",  "https://secure.example.org:80/x",   "https://secure.example.org/x"},
    AdmitCase{"OtherPort",            "https://secure.example.org:8443/x", ""},
    AdmitCase{"Ssh",                  "http://secure.example.org:22/x",    ""},
    AdmitCase{"ListedPortHttp",       "http://127.0.0.1:9000/x",           "http://127.0.0.1:9000/x"},
    AdmitCase{"ListedPortHttps",      "https://127.0.0.1:9000/x",          "http://127.0.0.1:9000/x"},
    AdmitCase{"DefaultPortNotListed", "http://127.0.0.1/x",                ""},
    AdmitCase{"NextToTheListedPort",  "http://127.0.0.1:9001/x",           ""},
    AdmitCase{"MappedThenListed",     "http://ports.example.org/x",        "https://ports.example.org/x"},
    AdmitCase{"SecondListedPort",     "http://ports.example.org:8443/x",   "https://ports.example.org:8443/x"},
    AdmitCase{"Ipv6Literal",          "http://[::1]:9000/x",               "http://[::1]:9000/x"},
    AdmitCase{"UnknownHost",          "https://example.org/x",             ""},
    AdmitCase{"NameBelowAnExactOne",  "https://a.secure.example.org/x",    ""},
    AdmitCase{"SuffixWithoutADot",    "https://notwild.org/x",             ""},
    AdmitCase{"WildcardItself",       "https://wild.org/x",                ""},
    AdmitCase{"BelowTheWildcard",     "https://a.b.wild.org/x",            "https://a.b.wild.org/x"},
    AdmitCase{"AListedNameInFront",   "https://secure.example.org.evil.org/x", ""},
    AdmitCase{"NoWildcardForAddresses", "http://10.0.0.1/x",               ""}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Policy, PrefersTheExactNameThenTheLongestWildcard) {
  const Policy policy = table_policy();

  EXPECT_EQ(policy.find("a.wild.org")->connections, 1u);
  EXPECT_EQ(policy.find("a.deep.wild.org")->connections, 2u);
  EXPECT_EQ(policy.find("exact.deep.wild.org")->connections, 3u);
}

TEST(Policy, TellsAnAppDeveloperWhatToAskFor) {
  const Policy policy = table_policy();

  EXPECT_EQ(policy.admit(url("https://example.org/x")).error().message,
            "host example.org is not on this cache's allow list; ask your operator to add it to "
            "[upstream] allow");
  EXPECT_EQ(policy.admit(url("https://secure.example.org:22/x")).error().message,
            "port 22 of host secure.example.org is not allowed by this cache; ask your operator to "
            "add it to ports of that host's [[upstream.host]] entry");
}

// A wildcard of the operator's own domain covers the cache's name, too.
TEST(Policy, NeverAdmitsTheCacheItself) {
  const Policy policy({{.name = "*.corp.example", .ports = {}}, {.name = "10.0.0.7", .ports = {}}},
                      {{.prefix = "a.org/", .also = {"cache.corp.example/"}}},
                      {"Cache.Corp.Example.", "10.0.0.7"});

  for (const char* place : {"https://cache.corp.example/x", "http://CACHE.corp.example./x",
                            "https://cache.corp.example:80/mirror/a.org/x", "http://10.0.0.7/x"}) {
    const auto admitted = policy.admit(url(place));
    ASSERT_FALSE(admitted) << place;
    EXPECT_EQ(admitted.error().code, ErrorCode::Denied) << place;
    EXPECT_TRUE(admitted.error().message.contains("this cache itself")) << admitted.error().message;
  }
  EXPECT_TRUE(policy.admit(url("https://repo.corp.example/x")));
  EXPECT_FALSE(policy.admit(policy.places_of(url("https://a.org/x"))[1].url));
}

TEST(Policy, DeniesEverythingWhenNothingIsListed) {
  EXPECT_EQ(Policy({}, {}).admit(url("https://archive.apache.org/")).error().code,
            ErrorCode::Denied);
}

TEST(ShippedPolicy, HasNoPrivateExceptionAndNoForeignPort) {
  for (const HostRule& rule : shipped_hosts()) {
    EXPECT_FALSE(rule.allow_private) << rule.name;
    EXPECT_TRUE(rule.ports.empty()) << rule.name;
    EXPECT_EQ(rule.scheme, Scheme::Https) << rule.name;
  }
}

}  // namespace
}  // namespace stagecache::upstream
