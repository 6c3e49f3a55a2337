// Desks are used again, and few of them wait for that.

#include "pack/desks.h"

#include <gtest/gtest.h>

#include <vector>

#include "stagecache/pack/reader.h"

namespace stagecache::pack {
namespace {

TEST(Desks, TheOneThatWasGivenBackIsTakenAgain) {
  Desks desks(2);
  const Desk* const first = desks.take().get();

  EXPECT_EQ(desks.idle(), 1U);
  EXPECT_EQ(desks.take().get(), first);
}

TEST(Desks, NoMoreAreKeptThanTheLimitSays) {
  Desks desks(2);
  {
    std::vector<Desks::Taken> taken;
    for (int i = 0; i < 5; ++i) taken.push_back(desks.take());
    EXPECT_EQ(desks.idle(), 0U);
  }

  EXPECT_EQ(desks.idle(), 2U);
}

TEST(Desks, OneThatSomethingAwkwardMadeLargeIsNotKept) {
  Desks desks(2);

  desks.take()->prefix.reserve(kRebuildBytes / 2);
  EXPECT_EQ(desks.idle(), 1U);
  desks.take()->stored.reserve(kRebuildBytes / 2 + 1);

  EXPECT_EQ(desks.idle(), 0U);
}

}  // namespace
}  // namespace stagecache::pack
