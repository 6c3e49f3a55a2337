// A packed form gives the artifact back or says that it cannot: never a wrong byte.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stagecache/pack/packer.h"
#include "stagecache/pack/reader.h"
#include "tests/support/memory_bytes.h"

namespace stagecache::pack {
namespace {

using stagecache::test::MemoryBytes;
using ReaderPtr = std::shared_ptr<const Reader>;

std::string file(const std::string& name) {
  std::ifstream stream(std::string(STAGECACHE_SOURCE_DIR "/tests/unit/pack/golden/") + name,
                       std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

Result<ReaderPtr> open(std::string packed, ReaderPtr base = nullptr) {
  return Reader::open(std::make_shared<MemoryBytes>(std::move(packed)), std::move(base));
}

/// The artifact; an error where any segment cannot be rebuilt.
Result<std::string> rebuilt(const Reader& reader) {
  std::string artifact;
  for (std::size_t segment = 0; segment < reader.segments(); ++segment) {
    const auto bytes = reader.rebuild(segment);
    if (!bytes) return std::unexpected(bytes.error());
    artifact.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  return artifact;
}

std::string packed(const std::string& artifact, std::uint8_t name, ReaderPtr base = nullptr) {
  PackOrder order{.artifact = {}, .base = std::move(base), .checkpoint = [] { return Status(); }};
  order.artifact.bytes[0] = std::byte{name};
  std::string out;
  const auto done = pack(MemoryBytes(artifact), order, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Status();
  });
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->bytes, out.size());
  return out;
}

TEST(PackedForm, GivesTheArtifactBackAloneAndAsADifference) {
  const std::string first = file("keyframe_v1.gz"), second = file("difference_v1.gz");
  const auto keyframe = open(packed(first, 1));
  ASSERT_TRUE(keyframe);
  const std::string small = packed(second, 2, *keyframe);
  const auto difference = open(small, *keyframe);
  ASSERT_TRUE(difference);

  EXPECT_EQ(rebuilt(**keyframe), first);
  EXPECT_EQ(rebuilt(**difference), second);
  EXPECT_LT(small.size(), second.size() / 4);
}

TEST(PackedForm, SegmentsCoverTheArtifactInOrder) {
  const auto reader = open(packed(file("keyframe_v1.gz"), 1));
  ASSERT_TRUE(reader);
  std::uint64_t at = 0;

  for (std::size_t segment = 0; segment < (*reader)->segments(); ++segment) {
    const ByteRange range = (*reader)->range_of(segment);
    EXPECT_EQ(range.begin, at);
    EXPECT_EQ((*reader)->segment_at(range.begin), segment);
    EXPECT_EQ((*reader)->segment_at(range.end - 1), segment);
    at = range.end;
  }

  EXPECT_EQ(at, (*reader)->header().size);
}

/// Every byte of the file changed in turn.
void expect_damage_is_seen(const std::string& good, const std::string& artifact,
                           const ReaderPtr& base) {
  std::size_t unseen = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    const auto reader = open(bad, base);
    if (!reader) continue;
    const auto bytes = rebuilt(**reader);
    if (!bytes) {
      EXPECT_EQ(bytes.error().code, ErrorCode::Corrupt);
      continue;
    }
    ASSERT_TRUE(*bytes == artifact) << "a wrong body after a change at " << at;
    ++unseen;
  }
  EXPECT_EQ(unseen, 0U);
}

TEST(PackedForm, ADamagedByteAnywhereInAKeyframeIsSeen) {
  expect_damage_is_seen(file("keyframe_v1.packed"), file("keyframe_v1.gz"), nullptr);
}

TEST(PackedForm, ADamagedByteAnywhereInADifferenceIsSeen) {
  const auto base = open(file("keyframe_v1.packed"));
  ASSERT_TRUE(base);
  expect_damage_is_seen(file("difference_v1.packed"), file("difference_v1.gz"), *base);
}

TEST(PackedForm, ATruncatedFileIsCorrupt) {
  const std::string good = file("keyframe_v1.packed");
  for (std::size_t size = 0; size < good.size(); size += 7) {
    const auto reader = open(good.substr(0, size));
    ASSERT_FALSE(reader) << size;
    EXPECT_EQ(reader.error().code, ErrorCode::Corrupt);
  }
}

TEST(PackedForm, AnotherBaseThanItsOwnIsRefused) {
  const auto other = open(packed(file("difference_v1.gz"), 9));
  ASSERT_TRUE(other);

  EXPECT_FALSE(open(file("difference_v1.packed"), *other));
  EXPECT_FALSE(open(file("difference_v1.packed"), nullptr));
}

TEST(PackedForm, IsRebuiltByManyThreadsAtOnce) {
  const auto base = open(file("keyframe_v1.packed"));
  ASSERT_TRUE(base);
  const auto difference = open(file("difference_v1.packed"), *base);
  ASSERT_TRUE(difference);
  std::vector<Result<std::string>> results(8);

  {
    std::vector<std::jthread> threads;
    for (auto& result : results) threads.emplace_back([&] { result = rebuilt(**difference); });
  }

  for (const auto& result : results) EXPECT_EQ(result, file("difference_v1.gz"));
}

TEST(PackedForm, WhatIsNotGzipIsNotPacked) {
  const auto done =
      pack(MemoryBytes(std::string(5000, 'x')), {.checkpoint = [] { return Status(); }},
           [](std::span<const std::byte>) { return Status(); });

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::BadInput);
}

TEST(PackedForm, AnErrorOfTheCheckpointEndsThePacking) {
  const auto done =
      pack(MemoryBytes(file("keyframe_v1.gz")),
           {.checkpoint = [] { return Status(fail(ErrorCode::Cancelled, "the daemon ends")); }},
           [](std::span<const std::byte>) { return Status(); });

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace stagecache::pack
