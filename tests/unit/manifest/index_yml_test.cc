#include "stagecache/manifest/index_yml.h"

#include <gtest/gtest.h>

namespace stagecache::manifest {
namespace {

/// Hosts that end with .org are ours.
std::optional<std::string> to_ours(const Url& url) {
  if (!url.host.ends_with(".org")) return std::nullopt;
  return "http://cache:8080/mirror/" + url.host_port() + url.target();
}

std::string rewritten(std::string_view text) {
  const auto index = rewrite_index(text, to_ours);
  return index ? index->text : "no index: " + index.error().message;
}

struct RewriteCase {
  const char* name;
  std::string from, to;
};

class RewriteIndex : public testing::TestWithParam<RewriteCase> {};

TEST_P(RewriteIndex, MakesTheUrlsOurs) {
  EXPECT_EQ(rewritten(GetParam().from), GetParam().to);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, RewriteIndex, testing::Values(
    RewriteCase{"AsPublished",
                "---\n1.8.0_91: https://a.org/openjdk-1.8.0_91.tar.gz\n17.0.1: https://a.org/j-17.tar.gz\n",
                "---\n1.8.0_91: http://cache:8080/mirror/a.org/openjdk-1.8.0_91.tar.gz\n"
                "17.0.1: http://cache:8080/mirror/a.org/j-17.tar.gz\n"},
    RewriteCase{"CommentsOrderAndBlanks",
                "# all\n\nb:   http://a.org/x   # newest\na: http://a.org/y\n",
                "# all\n\nb:   http://cache:8080/mirror/a.org/x   # newest\na: http://cache:8080/mirror/a.org/y\n"},
    RewriteCase{"QuotedKeysAndValues", "'1.8': 'https://a.org/x'\n\"9\": \"https://a.org/y\"\n",
                "'1.8': 'http://cache:8080/mirror/a.org/x'\n\"9\": \"http://cache:8080/mirror/a.org/y\"\n"},
    RewriteCase{"QueryPortAndEscapes", "a: https://a.org:8443/x%2By?z=1&w",
                "a: http://cache:8080/mirror/a.org:8443/x%2By?z=1&w"},
    RewriteCase{"WindowsLineEnds", "a: https://a.org/x\r\nb: https://a.org/y\r\n",
                "a: http://cache:8080/mirror/a.org/x\r\nb: http://cache:8080/mirror/a.org/y\r\n"},
    RewriteCase{"ByteOrderMark", "\xEF\xBB\xBF" "a: https://a.org/x\n",
                "\xEF\xBB\xBF" "a: http://cache:8080/mirror/a.org/x\n"},
    RewriteCase{"TextBeyondAscii", "# Müller €\nä: https://a.org/x\nb: https://a.org/y\n",
                "# Müller €\nä: http://cache:8080/mirror/a.org/x\nb: http://cache:8080/mirror/a.org/y\n"},
    RewriteCase{"OneLine", "{a: https://a.org/x, b: https://a.org/y}",
                "{a: http://cache:8080/mirror/a.org/x, b: http://cache:8080/mirror/a.org/y}"},
    RewriteCase{"ATag", "a: !!str https://a.org/x\n", "a: !!str http://cache:8080/mirror/a.org/x\n"},
    RewriteCase{"AnAnchor", "a: &it https://a.org/x\n", "a: &it http://cache:8080/mirror/a.org/x\n"},
    RewriteCase{"TheSameUrlTwice", "a: https://a.org/x\nb: https://a.org/x\n",
                "a: http://cache:8080/mirror/a.org/x\nb: http://cache:8080/mirror/a.org/x\n"},
    RewriteCase{"AUrlThatHoldsAnother", "a: https://a.org/x\nb: https://a.org/x/y\n",
                "a: http://cache:8080/mirror/a.org/x\nb: http://cache:8080/mirror/a.org/x/y\n"},
    RewriteCase{"TheKeyIsTheUrl", "https://a.org/x: https://a.org/x\n",
                "https://a.org/x: http://cache:8080/mirror/a.org/x\n"},
    RewriteCase{"AStrangerStays", "a: https://a.com/x\nb: https://a.org/y\n",
                "a: https://a.com/x\nb: http://cache:8080/mirror/a.org/y\n"},
    RewriteCase{"WhatIsNoUrlStays", "a: x.tgz\nb: https://a.org/y\nc:\nd: ftp://a.org/z\n",
                "a: x.tgz\nb: http://cache:8080/mirror/a.org/y\nc:\nd: ftp://a.org/z\n"},
    RewriteCase{"AUserStays", "a: https://me:pw@a.org/x\nb: https://a.org/y\n",
                "a: https://me:pw@a.org/x\nb: http://cache:8080/mirror/a.org/y\n"},
    RewriteCase{"UpperCaseScheme", "a: HTTPS://A.ORG/x\n", "a: http://cache:8080/mirror/a.org/x\n"},
    RewriteCase{"EscapesAreWrittenAnew", "# lost\n1.8: \"https:\\/\\/a.org\\/x\"\n'9': https://a.org/y\n",
                "---\n1.8: \"http://cache:8080/mirror/a.org/x\"\n\"9\": \"http://cache:8080/mirror/a.org/y\"\n"},
    RewriteCase{"TwoLinesAreWrittenAnew", "a:\n  https://a.org/x\nb: \"https://a.org\\\n  /y\"\n",
                "---\na: \"http://cache:8080/mirror/a.org/x\"\nb: \"http://cache:8080/mirror/a.org/y\"\n"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

class NoIndex : public testing::TestWithParam<RewriteCase> {};

TEST_P(NoIndex, IsRefused) {
  const auto index = rewrite_index(GetParam().from, to_ours);

  ASSERT_FALSE(index) << index->text;
  EXPECT_EQ(index.error().code, ErrorCode::BadInput);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, NoIndex,
    testing::Values(
        RewriteCase{"Nothing", "", ""}, RewriteCase{"Comment", "# x\n", ""},
        RewriteCase{"Page", "<html><a href='https://a.org/x'>x</a></html>\n", ""},
        RewriteCase{"Word", "hello", ""}, RewriteCase{"Url", "https://a.org/x", ""},
        RewriteCase{"List", "- https://a.org/x\n", ""},
        RewriteCase{"Nested", "a: https://a.org/x\nb:\n  c: https://a.org/y\n", ""},
        RewriteCase{"ListInside", "a: https://a.org/x\nb: [1, 2]\n", ""},
        RewriteCase{"Alias", "a: &x https://a.org/x\nb: *x\n", ""},
        RewriteCase{"TwoDocuments", "a: https://a.org/x\n---\nb: https://a.org/y\n", ""},
        RewriteCase{"NoUrl", "a: b\n", ""}, RewriteCase{"Binary", "\x1f\x8b\x08\xff", ""},
        RewriteCase{"Broken", "a: https://a.org/x\nb: }\n", ""},
        RewriteCase{"Deep", std::string(100'000, '['), ""},
        RewriteCase{"TooLarge", "a: https://a.org/x\n" + std::string(kMaxIndexBytes, '#'), ""}),
    [](const auto& test) { return test.param.name; });

TEST(IndexRewrite, NamesEachUrlThatStayedOnce) {
  const auto index = rewrite_index(
      "a: https://a.com/x\nb: https://a.com/x\nc: https://a.org/z\nd: http://b.com/y\n", to_ours);

  ASSERT_TRUE(index);
  EXPECT_EQ(index->kept, (std::vector<std::string>{"https://a.com/x", "http://b.com/y"}));
}

TEST(IndexRewrite, GivesAnIndexOfStrangersBackAsItIs) {
  const std::string text = "a: \"https:\\/\\/a.com/x\" # kept\n";

  EXPECT_EQ(rewritten(text), text);
}

}  // namespace
}  // namespace stagecache::manifest
