#include "config/nearest.h"

#include <gtest/gtest.h>

namespace stagecache::config {
namespace {

TEST(EditDistance, CountsLetters) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
  EXPECT_EQ(edit_distance("abc", "abd"), 1u);
  EXPECT_EQ(edit_distance("abc", "ab"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(EditDistance, CountsASwapOnce) {
  EXPECT_EQ(edit_distance("qouta", "quota"), 1u);
}

TEST(Nearest, IsTheFirstOfTheNearest) {
  EXPECT_EQ(nearest("qouta", {"path", "quota", "memory"}), "quota");
  EXPECT_EQ(nearest("ab", {"aa", "bb"}), "aa");
  EXPECT_EQ(nearest("ab", {}), "");
}

}  // namespace
}  // namespace stagecache::config
