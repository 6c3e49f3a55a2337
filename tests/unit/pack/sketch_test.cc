#include "stagecache/pack/sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "pack/anchors.h"
#include "tests/support/memory_bytes.h"
#include "tests/unit/pack/gzip_files.h"

namespace stagecache::pack {
namespace {

using stagecache::test::MemoryBytes;
using namespace test;

Status go_on() {
  return {};
}

Sketch sketch(const std::string& artifact) {
  return sketch_of(MemoryBytes(artifact), go_on).value();
}

std::vector<std::uint64_t> anchors_of(std::string_view text) {
  std::vector<std::uint64_t> found;
  AnchorScan().scan(std::as_bytes(std::span(text)),
                    [&](std::uint64_t, std::uint64_t hash) { found.push_back(hash); });
  return found;
}

TEST(Anchors, AreAboutOneIn128Bytes) {
  const std::size_t found = anchors_of(noise(1'280'000, 1)).size();

  EXPECT_GT(found, 9'000u);
  EXPECT_LT(found, 11'000u);
}

TEST(Anchors, AreFoundAgainBehindOtherBytes) {
  const std::string text = noise(10'000, 2);
  const auto plain = anchors_of(text);
  const auto moved = anchors_of(noise(777, 3) + text);

  ASSERT_GT(plain.size(), 40u);
  EXPECT_TRUE(std::ranges::equal(plain, std::span(moved).last(plain.size())));
}

TEST(Anchors, AreTheSameHoweverTheStreamIsCut) {
  const std::string text = noise(50'000, 4);
  std::vector<std::uint64_t> found;
  AnchorScan scan;
  for (std::size_t at = 0; at < text.size(); at += 333)
    scan.scan(
        std::as_bytes(std::span(text)).subspan(at, std::min<std::size_t>(333, text.size() - at)),
        [&](std::uint64_t, std::uint64_t hash) { found.push_back(hash); });

  EXPECT_EQ(found, anchors_of(text));
}

TEST(Anchors, HaveTheValuesThatLieOnDisks) {
  const auto found = anchors_of(std::string(kAnchorWindow, 'x') + "stagecache keeps bytes");

  EXPECT_EQ(kGear[0], 0xe220a8397b1dcdafu);
  EXPECT_EQ(kGear[255], 0x5a5832bb47bcf19eu);
}

TEST(Sketch, IsTheSameForTheSameTextFromAnotherPlace) {
  const std::string data = noise(400'000, 6);

  const Sketch plain = sketch(gzip_member(data));
  const Sketch named = sketch(gzip_member(data, Encoding::Stored, {.name = "other.tar"}));

  EXPECT_EQ(plain.anchors.size(), kSketchAnchors);
  EXPECT_GT(alike(plain, named), 0.99);
}

TEST(Sketch, ARelativeIsAsAlikeAsItsShareOfCommonText) {
  const std::string common = noise(1'000'000, 7);
  const Sketch first = sketch(gzip_member(noise(500'000, 8) + common));
  const Sketch second = sketch(gzip_member(common + noise(500'000, 9)));

  EXPECT_NEAR(alike(first, second), 0.5, 0.12);  // 1.0 of 2.0 MB
  EXPECT_EQ(alike(first, second), alike(second, first));
}

TEST(Sketch, StrangersHaveNothingInCommon) {
  EXPECT_EQ(alike(sketch(gzip_member(noise(300'000, 10))), sketch(gzip_member(noise(300'000, 11)))),
            0);
}

TEST(Sketch, WhatSpellsOutNothingIsLikeNothing) {
  const Sketch empty = sketch(gzip_member(std::string(1'000'000, 'x')));

  EXPECT_TRUE(empty.anchors.empty());
  EXPECT_EQ(alike(empty, empty), 0);
  EXPECT_EQ(alike(empty, sketch(gzip_member(noise(300'000, 12)))), 0);
}

TEST(Sketch, SmallArtifactsAreComparedByAllTheyHave) {
  const std::string common = noise(8'000, 13);
  const Sketch small = sketch(gzip_member(common));
  const Sketch twice = sketch(gzip_member(common + noise(8'000, 14)));

  EXPECT_LT(small.anchors.size(), 100u);
  EXPECT_EQ(alike(small, small), 1);
  EXPECT_NEAR(alike(small, twice), 0.5, 0.15);
}

TEST(Sketch, SeesEveryMember) {
  const std::string second = noise(300'000, 15);
  const Sketch both = sketch(gzip_member(words(300'000, 16)) + gzip_member(second));

  EXPECT_GT(alike(both, sketch(gzip_member(second))), 0.5);
}

TEST(Sketch, OfWhatIsNoGzipThereIsNone) {
  const auto none = sketch_of(MemoryBytes(words(1'000, 17)), go_on);

  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::BadInput);
}

TEST(Sketch, AsksAtLeastOnceAMebibyteWhetherToGoOn) {
  std::string artifact;
  while (artifact.size() < 5'000'000)
    artifact += gzip_member(noise(40'000 + artifact.size() % 7'000, artifact.size()));
  std::size_t asked = 0;
  const MemoryBytes bytes(artifact);

  ASSERT_TRUE(sketch_of(bytes, [&]() -> Status {
    ++asked;
    return {};
  }));

  EXPECT_GE(asked, artifact.size() >> 20);
}

TEST(Sketch, EndsWhenItIsToldTo) {
  const MemoryBytes bytes(gzip_member(noise(5'000'000, 18)));
  std::size_t asked = 0;

  const auto ended = sketch_of(bytes, [&]() -> Status {
    return ++asked == 2 ? Status(fail(ErrorCode::Cancelled, "enough")) : Status();
  });

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(asked, 2u);
}

TEST(Sketch, ComesBackFromItsBytes) {
  for (const std::size_t size : {0, 3'000, 500'000}) {
    const Sketch before = sketch(gzip_member(noise(size, 19)));
    EXPECT_EQ(sketch_from(to_bytes(before)).value(), before);
    EXPECT_LE(to_bytes(before).size(), 2'049u);
  }
}

TEST(Sketch, BytesThatAreNoneAreRefused) {
  const std::string two = to_bytes({.anchors = {1, 2}});
  struct {
    std::string bytes;
    ErrorCode code;
  } const refused[] = {
      {"", ErrorCode::Corrupt},
      {std::string("\0", 1), ErrorCode::Corrupt},
      {two + "x", ErrorCode::Corrupt},
      {to_bytes({.anchors = {2, 1}}), ErrorCode::Corrupt},
      {to_bytes({.anchors = {2, 2}}), ErrorCode::Corrupt},
      {to_bytes({.anchors = std::vector<std::uint64_t>(257)}), ErrorCode::Corrupt},
      {"\x02" + two.substr(1), ErrorCode::TooNew},
      {"\xff", ErrorCode::TooNew},
  };
  for (const auto& [bytes, code] : refused) {
    const auto read = sketch_from(bytes);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, code);
  }
}

TEST(Sketch, LiesOnTheDiskAsVersionAndLittleEndianNumbers) {
  EXPECT_EQ(to_bytes({.anchors = {0x0102030405060708, 0xffffffffffffffff}}),
            std::string("\x01\x08\x07\x06\x05\x04\x03\x02\x01\xff\xff\xff\xff\xff\xff\xff\xff"));
}

}  // namespace
}  // namespace stagecache::pack
