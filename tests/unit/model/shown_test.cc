#include "stagecache/model/shown.h"

#include <gtest/gtest.h>

namespace stagecache {
namespace {

TEST(Shown, HidesTheQuery) {
  EXPECT_EQ(shown(Url::parse("https://a.org/x?signature=secret").value()), "https://a.org/x?...");
  EXPECT_EQ(shown("a.org/x?signature=secret"), "a.org/x?...");
  EXPECT_EQ(shown("a.org/x"), "a.org/x");
}

TEST(Shown, KeepsHostAndFileNameOfALongUrl) {
  const std::string text = shown("https://a.org/" + std::string(5000, 'd') + "/x.tgz?q");

  EXPECT_EQ(text.size(), kShownBytes - 1 + 4);
  EXPECT_TRUE(text.starts_with("https://a.org/ddd"));
  EXPECT_TRUE(text.ends_with("ddd/x.tgz?..."));
}

TEST(Shown, IsPrintable) {
  EXPECT_EQ(shown("a\nb\x1b\xff c"), "a?b???c");
}

}  // namespace
}  // namespace stagecache
