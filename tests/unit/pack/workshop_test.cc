// The memory of rebuilding is bounded whatever the number of readers that are open.

#include "stagecache/pack/workshop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stagecache/pack/packer.h"
#include "stagecache/pack/reader.h"
#include "tests/support/memory_bytes.h"
#include "tests/unit/pack/gzip_files.h"
#include "tests/unit/pack/packed_files.h"

namespace stagecache::pack {
namespace {

using stagecache::test::MemoryBytes;
using test::gzip_member;
using test::noise;
using test::packed;
using test::words;
using ReaderPtr = std::shared_ptr<const Reader>;
using WorkshopPtr = std::shared_ptr<Workshop>;

ReaderPtr reader_of(const std::string& packed, ReaderPtr base, WorkshopPtr workshop) {
  return Reader::open(std::make_shared<MemoryBytes>(packed), std::move(base), std::move(workshop))
      .value();
}

std::string release(std::uint64_t program, std::uint64_t version) {
  return gzip_member(noise(300'000, program) + words(700'000, program + 1) +
                     noise(2'000, program + 2 + version) + words(600'000, program + 3));
}

/// Two releases of one program, the second packed as a difference to the first.
struct Program {
  explicit Program(std::uint64_t number)
      : second(release(number * 100, 1)),
        keyframe(packed(release(number * 100, 0))),
        difference(packed(second, reader_of(keyframe, nullptr, nullptr))) {}

  /// With a keyframe reader of its own.
  ReaderPtr open(const WorkshopPtr& workshop) const {
    return reader_of(difference, reader_of(keyframe, nullptr, workshop), workshop);
  }

  std::string second;
  std::string keyframe;
  std::string difference;
};

/// Whatever it looks at in between is to be within these limits.
constexpr Workshop::Limits kLimits{.slice_bytes = 1u << 20, .idle_desks = 3};

bool is_within(const Workshop& workshop) {
  return workshop.slice_bytes() <= kLimits.slice_bytes &&
         workshop.idle_desks() <= kLimits.idle_desks;
}

bool rebuilds(const Reader& reader, const std::string& artifact, const Workshop& workshop) {
  std::string bytes;
  for (std::size_t segment = 0; segment < reader.segments(); ++segment) {
    const auto rebuilt = reader.rebuild(segment);
    if (!rebuilt || !is_within(workshop)) return false;
    bytes.append(reinterpret_cast<const char*>(rebuilt->data()), rebuilt->size());
  }
  return bytes == artifact;
}

TEST(Workshop, ManyReadersThatStayOpenTakeNoMoreThanOne) {
  const Program program(1);
  const auto workshop = std::make_shared<Workshop>(kLimits);
  std::vector<ReaderPtr> slow;

  for (int reader = 0; reader < 10; ++reader) {
    slow.push_back(program.open(workshop));
    ASSERT_TRUE(rebuilds(*slow.back(), program.second, *workshop));
  }

  EXPECT_GT(workshop->slice_bytes(), kLimits.slice_bytes / 4);
  EXPECT_EQ(workshop->idle_desks(), 1U);
}

TEST(Workshop, TwoKeyframesAreRebuiltAgainstInParallel) {
  const std::vector<Program> programs{Program(1), Program(2)};
  const auto workshop = std::make_shared<Workshop>(kLimits);
  const std::vector<ReaderPtr> readers{programs[0].open(workshop), programs[1].open(workshop)};
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, at = thread % 2] {
        for (int again = 0; again < 3; ++again)
          if (rebuilds(*readers[at], programs[at].second, *workshop)) ++right;
      });
  }

  EXPECT_EQ(right, 24);
  EXPECT_TRUE(is_within(*workshop));
}

TEST(Workshop, WhatAReaderOfAKeyframeKeptGoesWithIt) {
  const Program program(1);
  const auto workshop = std::make_shared<Workshop>(Workshop::Limits{});
  auto first = program.open(workshop);
  auto second = program.open(workshop);
  ASSERT_TRUE(first->rebuild(0));
  const std::size_t of_one = workshop->slice_bytes();
  ASSERT_TRUE(second->rebuild(0));
  EXPECT_EQ(workshop->slice_bytes(), 2 * of_one);

  first.reset();
  EXPECT_EQ(workshop->slice_bytes(), of_one);
  second.reset();
  EXPECT_EQ(workshop->slice_bytes(), 0U);
}

TEST(Workshop, ReadersThatEndWhileOthersRebuildDisturbNobody) {
  const Program program(1);
  const auto workshop = std::make_shared<Workshop>(kLimits);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int again = 0; again < 4; ++again)
          if (rebuilds(*program.open(workshop), program.second, *workshop)) ++right;
      });
  }

  EXPECT_EQ(right, 16);
  EXPECT_EQ(workshop->slice_bytes(), 0U);
}

TEST(Workshop, ADifferenceUsesItsBasesWhenItIsGivenNone) {
  const Program program(1);
  const auto workshop = std::make_shared<Workshop>(kLimits);
  const auto difference =
      reader_of(program.difference, reader_of(program.keyframe, nullptr, workshop), nullptr);

  ASSERT_TRUE(rebuilds(*difference, program.second, *workshop));

  EXPECT_EQ(workshop->idle_desks(), 1U);
}

}  // namespace
}  // namespace stagecache::pack
