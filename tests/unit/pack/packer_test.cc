// What packing makes of artifacts of several segments, and of awkward ones.

#include "stagecache/pack/packer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pack/packed_file.h"
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

ReaderPtr reader_of(std::shared_ptr<const Bytes> packed, ReaderPtr base = nullptr) {
  auto reader = Reader::open(std::move(packed), std::move(base));
  EXPECT_TRUE(reader) << reader.error().message;
  return reader.value_or(nullptr);
}

ReaderPtr reader_of(std::string packed, ReaderPtr base = nullptr) {
  return reader_of(std::make_shared<MemoryBytes>(std::move(packed)), std::move(base));
}

std::string rebuilt(const Reader& reader, std::size_t segment) {
  const auto bytes = reader.rebuild(segment);
  if (!bytes) return bytes.error().message;
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

/// Each segment alone, the last one first.
void expect_identical(const Reader& reader, const std::string& artifact) {
  ASSERT_EQ(reader.header().size, artifact.size());
  for (std::size_t segment = reader.segments(); segment-- > 0;) {
    const ByteRange range = reader.range_of(segment);
    EXPECT_TRUE(rebuilt(reader, segment) == artifact.substr(range.begin, range.length()))
        << "segment " << segment;
  }
}

/// Jars in a tarball: nothing that gzip makes smaller, and some text.
std::string tarball(std::uint64_t new_part) {
  return gzip_member(noise(900'000, 1) + words(300'000, 2) + noise(20'000, new_part) +
                     noise(900'000, 3) + words(200'000, 4));
}

TEST(Packer, MakesADifferenceOfWhatIsNewInARelativeOfSeveralSegments) {
  const std::string first = tarball(10), second = tarball(11);
  const auto keyframe = reader_of(packed(first));
  const std::string small = packed(second, keyframe);
  const auto difference = reader_of(small, keyframe);

  EXPECT_GT(difference->segments(), 2U);
  expect_identical(*keyframe, first);
  expect_identical(*difference, second);
  EXPECT_LT(small.size(), 20'000U + second.size() / 50);
}

TEST(Packer, AKeyframeIsHardlyLargerThanTheArtifact) {
  const std::string artifact = tarball(10);

  EXPECT_LT(packed(artifact).size(), artifact.size() * 102 / 100);
}

TEST(Packer, GivesTheSameBytesEachTime) {
  const auto keyframe = reader_of(packed(tarball(10)));

  EXPECT_TRUE(packed(tarball(11), keyframe) == packed(tarball(11), keyframe));
}

TEST(Packer, ThousandsOfSmallMembersShareSegments) {
  std::string artifact;
  for (std::uint64_t member = 0; member < 3000; ++member)
    artifact += gzip_member(words(100, member));
  const auto reader = reader_of(packed(artifact));

  EXPECT_LT(reader->segments(), 5U);
  expect_identical(*reader, artifact);
}

TEST(Packer, MegabytesOfZerosMakeNoSegmentThatIsLargeToRebuild) {
  const std::string artifact = gzip_member(std::string(40'000'000, '\0'));
  const auto form = std::make_shared<MemoryBytes>(packed(artifact));
  const auto reader = reader_of(form);

  expect_identical(*reader, artifact);
  for (const SegmentEntry& entry : reader->file().index()) {
    std::uint64_t bytes = entry.plan.size;
    for (const Frame& frame : entry.streams) bytes += frame.size;
    EXPECT_LT(bytes, kRebuildBytes / 2);
  }
}

TEST(Packer, AByteInTheMiddleNeedsOneSegmentOfTheFormAndItsWindowsOfTheBase) {
  const std::string first = tarball(10), second = tarball(11);
  const auto keyframe_bytes = std::make_shared<MemoryBytes>(packed(first));
  const auto keyframe = reader_of(keyframe_bytes);
  const auto bytes = std::make_shared<MemoryBytes>(packed(second, keyframe));
  const auto difference = reader_of(bytes, keyframe);

  bytes->fail_at(0);  // From here on nothing can be read at all ...
  EXPECT_FALSE(difference->rebuild(1));
  bytes->fail_at(difference->file().index()[2].offset);  // ... and now what segment 1 needs.

  EXPECT_TRUE(difference->rebuild(1));
  EXPECT_FALSE(difference->rebuild(2));
}

TEST(Packer, ADiskThatFailsUnderTheBaseFailsTheRebuildAndNothingElse) {
  const std::string second = tarball(11);
  const auto keyframe_bytes = std::make_shared<MemoryBytes>(packed(tarball(10)));
  const auto keyframe = reader_of(keyframe_bytes);
  const auto difference = reader_of(packed(second, keyframe), reader_of(keyframe_bytes));

  keyframe_bytes->fail_at(0);
  const auto failed = difference->rebuild(0);
  keyframe_bytes->fail_at(UINT64_MAX);

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Corrupt);
  expect_identical(*difference, second);
}

TEST(Packer, ADifferenceIsNoBase) {
  const auto keyframe = reader_of(packed(tarball(10)));
  const std::string small = packed(tarball(11), keyframe);
  const auto difference = reader_of(small, keyframe);

  EXPECT_FALSE(Reader::open(std::make_shared<MemoryBytes>(small), difference));
}

TEST(Packer, AnErrorOfTheSinkEndsIt) {
  const auto done = pack(MemoryBytes(tarball(10)), {}, [](std::span<const std::byte>) {
    return Status(fail(ErrorCode::DiskFull, "no room"));
  });

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::DiskFull);
}

}  // namespace
}  // namespace stagecache::pack
