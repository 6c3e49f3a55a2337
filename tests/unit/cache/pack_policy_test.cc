// Which artifact is packed next, and to whom.

#include "cache/pack_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "cache/recent_hits.h"

namespace stagecache::cache {
namespace {

using Lies = Packable::Lies;
using Kind = PackStep::Kind;

Sha256 name(unsigned number) {
  Sha256 sha256;
  sha256.bytes[0] = static_cast<std::byte>(number);
  return sha256;
}

/// Of `program`, of whose anchors `changed` (of 256) are its own.
pack::Sketch sketch(unsigned program, unsigned number, unsigned changed) {
  pack::Sketch made;
  for (unsigned i = 0; i < 256; ++i)
    made.anchors.push_back((std::uint64_t{i} << 40) + program * 1000 + (i < changed ? number : 0));
  return made;
}

class PackPolicy : public ::testing::Test {
 protected:
  Packable& add(unsigned number, std::optional<pack::Sketch> made, Lies lies = Lies::Raw) {
    const pack::Sketch* kept = made ? &sketches.emplace_back(*std::move(made)) : nullptr;
    all.push_back({.sha256 = name(number), .size = 10 << 20, .lies = lies, .sketch = kept});
    return all.back();
  }

  std::list<pack::Sketch> sketches;
  std::vector<Packable> all;
};

TEST_F(PackPolicy, NothingStoredNothingToDo) {
  EXPECT_EQ(next_step(all), std::nullopt);
}

TEST_F(PackPolicy, FirstAllAreSketchedTheOldestFirst) {
  add(1, sketch(1, 1, 4));
  add(2, sketch(1, 2, 4));
  add(3, std::nullopt);
  add(4, std::nullopt);

  EXPECT_EQ(next_step(all), (PackStep{Kind::Sketch, name(3)}));
}

TEST_F(PackPolicy, SmallOnesUnsettledOnesAndThoseThatCannotBePackedAreLeftAlone) {
  add(1, std::nullopt).size = kSmallestPacked - 1;
  add(2, std::nullopt).settled = false;
  add(3, std::nullopt).never = true;
  add(4, std::nullopt, Lies::Keyframe);

  EXPECT_EQ(next_step(all), std::nullopt);
}

TEST_F(PackPolicy, OfTwoRelativesTheOlderBecomesTheKeyframe) {
  add(1, sketch(1, 1, 4));
  add(2, sketch(2, 2, 4));
  add(3, sketch(1, 3, 4));

  EXPECT_EQ(next_step(all), (PackStep{Kind::Keyframe, name(1), name(3)}));
  all[0].lies = Lies::Keyframe;
  EXPECT_EQ(next_step(all), (PackStep{Kind::Difference, name(3), name(1)}));
  all[2].lies = Lies::Difference;
  EXPECT_EQ(next_step(all), std::nullopt);
}

TEST_F(PackPolicy, TheClosestKeyframeIsTheBase) {
  add(1, sketch(1, 1, 100), Lies::Keyframe);
  add(2, sketch(1, 2, 10), Lies::Keyframe);
  add(3, sketch(1, 3, 4));

  EXPECT_EQ(next_step(all), (PackStep{Kind::Difference, name(3), name(2)}));
}

TEST_F(PackPolicy, AKeyframeWillDoUnlessARawRelativeIsMuchCloser) {
  add(1, sketch(1, 1, 20), Lies::Keyframe);
  add(2, sketch(1, 2, 4)).tried = {name(1)};
  add(3, sketch(1, 3, 4));
  EXPECT_EQ(next_step(all), (PackStep{Kind::Difference, name(3), name(1)}));

  sketches.front() = sketch(1, 1, 120);
  EXPECT_EQ(next_step(all), (PackStep{Kind::Keyframe, name(2), name(3)}));
}

TEST_F(PackPolicy, WhatWasTriedInVainIsNotTriedAgainUntilANewCandidateComes) {
  add(1, sketch(1, 1, 4), Lies::Keyframe);
  add(2, sketch(1, 2, 4)).tried = {name(1)};
  EXPECT_EQ(next_step(all), std::nullopt);

  add(3, sketch(1, 3, 5), Lies::Keyframe);
  EXPECT_EQ(next_step(all), (PackStep{Kind::Difference, name(2), name(3)}));
}

TEST_F(PackPolicy, ANoKeyframeIsMadeOfWhatIsTooLargeAsOne) {
  add(1, sketch(1, 1, 4)).tried = {name(1)};
  add(2, sketch(1, 2, 4));

  EXPECT_EQ(next_step(all), std::nullopt);
}

TEST_F(PackPolicy, ADifferenceIsNoBaseAndIsUnpackedForAMuchCloserOne) {
  add(1, sketch(1, 1, 200), Lies::Keyframe);
  add(2, sketch(1, 2, 4), Lies::Difference);
  add(3, sketch(1, 3, 4));
  EXPECT_EQ(next_step(all), (PackStep{Kind::Unpack, name(2), name(3)}));

  // As the packer leaves it: raw, and not to be packed to the first again.
  all[1].lies = Lies::Raw;
  all[1].tried = {name(1)};
  EXPECT_EQ(next_step(all), (PackStep{Kind::Keyframe, name(2), name(3)}));
  all[1].lies = Lies::Keyframe;
  EXPECT_EQ(next_step(all), (PackStep{Kind::Difference, name(3), name(2)}));
}

TEST(PackerPace, OnlyALoadThatCanBeFeltPausesIt) {
  const struct {
    const char* what;
    Load load;
    bool busy;
  } table[] = {
      {"idle", {.interval = std::chrono::milliseconds(100)}, false},
      {"a download", {.fills_running = 1, .interval = std::chrono::milliseconds(100)}, true},
      {"one slow client",
       {.served_bytes = 100'000, .interval = std::chrono::milliseconds(100)},
       false},
      {"a fast one", {.served_bytes = 50 << 20, .interval = std::chrono::milliseconds(100)}, true},
      {"no time to tell", {.served_bytes = 50 << 20}, false},
  };
  for (const auto& row : table) EXPECT_EQ(is_busy(row.load), row.busy) << row.what;
}

TEST(RecentHits, ThreeInTenMinutesAreOften) {
  RecentHits hits;
  const SteadyTime start{std::chrono::hours(1)};
  EXPECT_FALSE(hits.note(name(1), start));
  EXPECT_FALSE(hits.note(name(1), start + std::chrono::minutes(5)));
  EXPECT_FALSE(hits.note(name(2), start + std::chrono::minutes(6)));
  EXPECT_TRUE(hits.note(name(1), start + std::chrono::minutes(10)));
  EXPECT_TRUE(hits.is_often(name(1), start + std::chrono::minutes(10)));

  EXPECT_FALSE(hits.is_often(name(1), start + std::chrono::minutes(11)));
  EXPECT_FALSE(hits.note(name(1), start + std::chrono::minutes(20)));
  hits.forget(name(1));
  EXPECT_FALSE(hits.note(name(1), start + std::chrono::minutes(20)));
}

}  // namespace
}  // namespace stagecache::cache
