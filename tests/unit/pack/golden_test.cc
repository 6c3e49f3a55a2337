// What the first version wrote is read for ever. Never change a file: add one instead.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "stagecache/pack/reader.h"
#include "tests/support/memory_bytes.h"

namespace stagecache::pack {
namespace {

using stagecache::test::MemoryBytes;

std::string golden(const std::string& name) {
  std::ifstream file(std::string(STAGECACHE_SOURCE_DIR "/tests/unit/pack/golden/") + name,
                     std::ios::binary);
  EXPECT_TRUE(file) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::shared_ptr<const Reader> reader_of(std::string packed,
                                        std::shared_ptr<const Reader> base = nullptr) {
  auto reader = Reader::open(std::make_shared<MemoryBytes>(std::move(packed)), std::move(base));
  EXPECT_TRUE(reader) << reader.error().message;
  return reader.value();
}

std::string rebuilt(const Reader& reader) {
  std::string artifact;
  for (std::size_t segment = 0; segment < reader.segments(); ++segment) {
    const auto bytes = reader.rebuild(segment);
    EXPECT_TRUE(bytes) << bytes.error().message;
    if (bytes) artifact.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  return artifact;
}

TEST(GoldenPackedForm, AKeyframeOfVersion1IsRead) {
  EXPECT_TRUE(rebuilt(*reader_of(golden("keyframe_v1.packed"))) == golden("keyframe_v1.gz"));
}

TEST(GoldenPackedForm, ADifferenceOfVersion1IsRead) {
  const auto keyframe = reader_of(golden("keyframe_v1.packed"));

  const auto difference = reader_of(golden("difference_v1.packed"), keyframe);

  EXPECT_EQ(difference->header().base, keyframe->header().artifact);
  EXPECT_TRUE(rebuilt(*difference) == golden("difference_v1.gz"));
}

TEST(GoldenPackedForm, OfAHigherVersionIsRefusedAsTooNew) {
  std::string packed = golden("keyframe_v1.packed");
  packed[8] = 2;

  const auto reader = Reader::open(std::make_shared<MemoryBytes>(packed), nullptr);

  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::TooNew);
}

}  // namespace
}  // namespace stagecache::pack
