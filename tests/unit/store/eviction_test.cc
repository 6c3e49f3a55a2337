#include "src/store/eviction.h"

#include <gtest/gtest.h>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

WallTime at(int second) {
  return WallTime(std::chrono::seconds(second));
}

/// Artifact `seed`, whose raw form has 10 bytes, last used at `second`.
Candidate used_at(std::uint64_t seed, int second) {
  return {.sha256 = name_of(seed), .raw = Candidate::Stored{.bytes = 10}, .last_used = at(second)};
}
/// One that lies packed, in 5 bytes, as a keyframe.
Candidate keyframe(std::uint64_t seed, int second) {
  return {
      .sha256 = name_of(seed), .packed = Candidate::Stored{.bytes = 5}, .last_used = at(second)};
}
/// One that lies packed, in 1 byte, as a difference to keyframe `base`.
Candidate difference(std::uint64_t seed, std::uint64_t base, int second) {
  return {.sha256 = name_of(seed),
          .packed = Candidate::Stored{.bytes = 1},
          .base = name_of(base),
          .last_used = at(second)};
}
Candidate also_raw(Candidate candidate) {
  candidate.raw = Candidate::Stored{.bytes = 10};
  return candidate;
}
Candidate pinned(Candidate candidate) {
  candidate.pinned = true;
  return candidate;
}
Candidate kept(Candidate candidate) {
  candidate.kept = true;
  return candidate;
}
Candidate in_use(Candidate candidate) {
  if (candidate.raw) candidate.raw->in_use = true;
  if (candidate.packed) candidate.packed->in_use = true;
  return candidate;
}
Candidate raw_in_use(Candidate candidate) {
  candidate.raw->in_use = true;
  return candidate;
}

/// "1r 2p": the raw form of artifact 1, then the packed one of 2.
std::string text_of(const std::vector<Victim>& victims) {
  std::string text;
  for (const Victim& victim : victims) {
    std::uint64_t seed = 0;
    while (name_of(seed) != victim.sha256) ++seed;
    text +=
        (text.empty() ? "" : " ") + std::to_string(seed) + (victim.form == Form::Raw ? "r" : "p");
  }
  return text;
}

struct Row {
  const char* what;
  std::vector<Candidate> candidates;
  std::uint64_t wanted;
  Pending pending;
  std::optional<std::string> victims;
};

class Eviction : public ::testing::TestWithParam<Row> {};

TEST_P(Eviction, GivesUp) {
  const auto victims = choose_victims(GetParam().candidates, GetParam().wanted, GetParam().pending);

  ASSERT_EQ(victims.has_value(), GetParam().victims.has_value());
  if (victims) {
    EXPECT_EQ(text_of(*victims), *GetParam().victims);
  }
}

const Row kRawOnly[] = {
    {"TheLeastRecentlyUsed", {used_at(1, 30), used_at(2, 10), used_at(3, 20)}, 10, {}, "2r"},
    {"AsManyAsItTakes", {used_at(1, 30), used_at(2, 10), used_at(3, 20)}, 11, {}, "2r 3r"},
    {"NothingForNothing", {used_at(1, 1)}, 0, {}, ""},
    {"NothingWhenAllWouldNotDo", {used_at(1, 1), used_at(2, 2)}, 21, {}, std::nullopt},
    {"NeverThePinned", {pinned(used_at(1, 1)), used_at(2, 2)}, 10, {}, "2r"},
    {"NothingWhenOnlyPinnedWouldDo", {pinned(used_at(1, 1)), used_at(2, 2)}, 11, {}, std::nullopt},
    {"NeverWhatIsBeingPacked", {kept(used_at(1, 1)), used_at(2, 2)}, 10, {}, "2r"},
    {"WhatIsReadLast", {in_use(used_at(1, 1)), used_at(2, 9)}, 10, {}, "2r"},
    {"WhatIsReadWhereNothingElseDoes", {in_use(used_at(1, 1)), used_at(2, 9)}, 20, {}, "2r 1r"},
    {"NothingThatIsDeletedAlready", {used_at(1, 1)}, 10, {.unread_bytes = 10}, ""},
    {"TheRestOfWhatIsDeletedAlready",
     {used_at(1, 1), used_at(2, 2)},
     15,
     {.unread_bytes = 10},
     "1r"},
    {"SomethingUnreadDespiteASlowReader", {used_at(1, 1)}, 10, {.read_bytes = 10}, "1r"},
    {"NothingMoreThatIsReadWhileReadersEnd", {in_use(used_at(1, 1))}, 10, {.read_bytes = 10}, ""},
    {"NoEmptyArtifact", {Candidate{.sha256 = name_of(1)}, used_at(2, 9)}, 10, {}, "2r"}};
INSTANTIATE_TEST_SUITE_P(RawOnly, Eviction, ::testing::ValuesIn(kRawOnly),
                         [](const auto& test) { return test.param.what; });

const Row kForms[] = {
    {"RawFormsOfThePackedFirst",
     {used_at(1, 1), also_raw(keyframe(2, 8)), also_raw(difference(3, 2, 9))},
     11,
     {},
     "2r 3r"},
    {"TheRawFormOfWhatIsPinnedWhereItLiesPacked", {pinned(also_raw(keyframe(1, 1)))}, 10, {}, "1r"},
    {"NeverThePackedFormOfWhatIsPinned", {pinned(also_raw(keyframe(1, 1)))}, 11, {}, std::nullopt},
    {"BothFormsWhereItMust", {also_raw(keyframe(1, 1))}, 11, {}, "1r 1p"},
    {"NeitherFormOfWhatIsBeingPacked", {kept(also_raw(keyframe(1, 1)))}, 1, {}, std::nullopt},
    {"AKeyframeThatNobodyNeedsInItsTurn", {keyframe(1, 1), used_at(2, 2)}, 5, {}, "1p"},
    {"DifferencesBeforeTheirKeyframe", {keyframe(1, 1), difference(2, 1, 2)}, 6, {}, "2p 1p"},
    {"AKeyframeOnceNobodyNeedsItBeforeAnythingYounger",
     {keyframe(1, 1), difference(2, 1, 3), used_at(3, 2), used_at(4, 4), difference(5, 1, 5)},
     20,
     {},
     "3r 2p 4r"},
    {"AKeyframeRightBehindTheLastThatNeededIt",
     {keyframe(1, 1), difference(2, 1, 2), used_at(3, 3)},
     6,
     {},
     "2p 1p"},
    {"AYoungKeyframeInItsTurn",
     {difference(1, 2, 1), keyframe(2, 9), used_at(3, 5)},
     11,
     {},
     "1p 3r"},
    {"NeverTheKeyframeOfWhatIsPinned",
     {keyframe(1, 1), pinned(difference(2, 1, 2)), difference(3, 1, 3)},
     2,
     {},
     std::nullopt},
    {"NeverTheKeyframeOfWhatIsBeingPacked",
     {keyframe(1, 1), kept(difference(2, 1, 2))},
     1,
     {},
     std::nullopt},
    {"ThePackedFormNotWhileItsRawFormIsRead",
     {raw_in_use(also_raw(keyframe(1, 1))), used_at(2, 2)},
     10,
     {},
     "2r"},
    {"WhatIsReadLastOfForms",
     {in_use(difference(1, 2, 1)), in_use(keyframe(2, 1)), difference(3, 2, 5)},
     2,
     {},
     "3p 1p"}};
INSTANTIATE_TEST_SUITE_P(Forms, Eviction, ::testing::ValuesIn(kForms),
                         [](const auto& test) { return test.param.what; });

TEST(EvictionTies, GoByTheOrderOfUseWithinASecond) {
  Candidate first = used_at(1, 5), second = used_at(2, 5);
  first.use_order = 2;
  second.use_order = 1;

  EXPECT_EQ(text_of(*choose_victims({first, second}, 10)), "2r");
}

TEST(EvictionTies, AreBrokenTheSameWayInAnyOrder) {
  const auto forward = choose_victims({used_at(1, 5), used_at(2, 5)}, 10);
  const auto backward = choose_victims({used_at(2, 5), used_at(1, 5)}, 10);

  EXPECT_EQ(forward, backward);
}

TEST(Evictable, IsAllButWhatPinsAndPackingNeed) {
  EXPECT_EQ(evictable_bytes({used_at(1, 1), pinned(used_at(2, 1)), kept(used_at(3, 1)),
                             pinned(also_raw(difference(4, 5, 1))), keyframe(5, 1), keyframe(6, 1),
                             difference(7, 6, 1)}),
            10u + 10u + 5u + 1u);
}

}  // namespace
}  // namespace stagecache::store
