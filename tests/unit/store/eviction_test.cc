#include "src/store/eviction.h"

#include <gtest/gtest.h>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

WallTime at(int second) {
  return WallTime(std::chrono::seconds(second));
}

/// Artifact `seed` of 10 bytes, last used at `second`.
Candidate used_at(std::uint64_t seed, int second) {
  return {.sha256 = name_of(seed), .stored_bytes = 10, .last_used = at(second)};
}
Candidate pinned(Candidate candidate) {
  candidate.pinned = true;
  return candidate;
}
Candidate in_use(Candidate candidate) {
  candidate.in_use = true;
  return candidate;
}

struct Row {
  const char* what;
  std::vector<Candidate> candidates;
  std::uint64_t wanted;
  Pending pending;
  std::optional<std::vector<std::uint64_t>> victims;  // Seeds, in order.
};

class Eviction : public ::testing::TestWithParam<Row> {};

TEST_P(Eviction, GivesUp) {
  const auto victims = choose_victims(GetParam().candidates, GetParam().wanted, GetParam().pending);

  ASSERT_EQ(victims.has_value(), GetParam().victims.has_value());
  if (!victims) return;
  std::vector<Sha256> expected;
  for (const std::uint64_t seed : *GetParam().victims) expected.push_back(name_of(seed));
  EXPECT_EQ(*victims, expected);
}

INSTANTIATE_TEST_SUITE_P(
    , Eviction,
    ::testing::Values(
        Row{"TheLeastRecentlyUsed",
            {used_at(1, 30), used_at(2, 10), used_at(3, 20)},
            10,
            {},
            {{2}}},
        Row{"AsManyAsItTakes", {used_at(1, 30), used_at(2, 10), used_at(3, 20)}, 11, {}, {{2, 3}}},
        Row{"NothingForNothing", {used_at(1, 1)}, 0, {}, {{}}},
        Row{"NothingWhenAllWouldNotDo", {used_at(1, 1), used_at(2, 2)}, 21, {}, std::nullopt},
        Row{"NeverThePinned", {pinned(used_at(1, 1)), used_at(2, 2)}, 10, {}, {{2}}},
        Row{"NothingWhenOnlyPinnedWouldDo",
            {pinned(used_at(1, 1)), used_at(2, 2)},
            11,
            {},
            std::nullopt},
        Row{"WhatIsReadLast", {in_use(used_at(1, 1)), used_at(2, 9)}, 10, {}, {{2}}},
        Row{"WhatIsReadWhereNothingElseDoes",
            {in_use(used_at(1, 1)), used_at(2, 9)},
            20,
            {},
            {{2, 1}}},
        Row{"NothingThatIsDeletedAlready", {used_at(1, 1)}, 10, {.unread_bytes = 10}, {{}}},
        Row{"TheRestOfWhatIsDeletedAlready",
            {used_at(1, 1), used_at(2, 2)},
            15,
            {.unread_bytes = 10},
            {{1}}},
        Row{"SomethingUnreadDespiteASlowReader", {used_at(1, 1)}, 10, {.read_bytes = 10}, {{1}}},
        Row{"NothingMoreThatIsReadWhileReadersEnd",
            {in_use(used_at(1, 1))},
            10,
            {.read_bytes = 10},
            {{}}},
        Row{"NoEmptyArtifact", {Candidate{.sha256 = name_of(1)}, used_at(2, 9)}, 10, {}, {{2}}}),
    [](const auto& test) { return test.param.what; });

TEST(EvictionTies, GoByTheOrderOfUseWithinASecond) {
  Candidate first = used_at(1, 5), second = used_at(2, 5);
  first.use_order = 2;
  second.use_order = 1;

  EXPECT_EQ(choose_victims({first, second}, 10), std::vector{second.sha256});
}

TEST(EvictionTies, AreBrokenTheSameWayInAnyOrder) {
  const auto forward = choose_victims({used_at(1, 5), used_at(2, 5)}, 10);
  const auto backward = choose_victims({used_at(2, 5), used_at(1, 5)}, 10);

  EXPECT_EQ(forward, backward);
}

}  // namespace
}  // namespace stagecache::store
