#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>

#include "stagecache/base/clock.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/hasher.h"
#include "stagecache/base/hex.h"
#include "stagecache/base/worker_pool.h"
#include "tests/support/temp_folder.h"

namespace stagecache {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Test vectors: FIPS 180-4 examples ("abc").
TEST(Hasher, GivesTheStandardsDigests) {
  EXPECT_EQ(to_hex(hash(HashKind::Sha256, bytes_of("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hash(HashKind::Sha1, bytes_of("abc"))),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(hash(HashKind::Md5, bytes_of("abc"))), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Hasher, GoesOnAfterADigestWasTaken) {
  Hasher hasher(HashKind::Sha256);
  hasher.update(bytes_of("a"));
  EXPECT_EQ(hasher.digest(), hash(HashKind::Sha256, bytes_of("a")));

  hasher.update(bytes_of("bc"));

  EXPECT_EQ(hasher.digest(), hash(HashKind::Sha256, bytes_of("abc")));
}

TEST(HttpDate, IsReadInAllThreeFormsOfTheStandard) {
  const WallTime expected{std::chrono::seconds(784111777)};

  EXPECT_EQ(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(*parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(*parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(to_http_date(expected), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(to_rfc3339(expected), "1994-11-06T08:49:37Z");
  EXPECT_FALSE(parse_http_date("yesterday"));
  EXPECT_FALSE(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT and more"));
}

TEST(WorkerPool, RunsWhatIsQueuedBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool({.name = "test", .threads = 2});
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.try_post([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPool, RefusesWorkBeyondItsQueueLimit) {
  std::latch started(1), go_on(1);
  WorkerPool pool({.name = "test", .threads = 1, .queue_limit = 1});
  ASSERT_TRUE(pool.try_post([&] {
    started.count_down();
    go_on.wait();
  }));
  started.wait();

  EXPECT_TRUE(pool.try_post([] {}));
  EXPECT_FALSE(pool.try_post([] {}));

  go_on.count_down();
}

class InAFolder : public testing::Test {
 protected:
  const test::TempFolder temp_;
  const std::filesystem::path folder_ = temp_.path();
};

TEST_F(InAFolder, PublishFileReplacesTheWholeFile) {
  ASSERT_TRUE(publish_file(folder_ / "f", "a long first text"));
  ASSERT_TRUE(publish_file(folder_ / "f", "second"));

  EXPECT_EQ(*read_file(folder_ / "f", 100), "second");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "f.partial"));
}

TEST_F(InAFolder, ReadFileRefusesALargerFileAndNamesAMissingOne) {
  ASSERT_TRUE(publish_file(folder_ / "f", "12345"));

  EXPECT_EQ(read_file(folder_ / "f", 4).error().code, ErrorCode::BadInput);
  EXPECT_EQ(read_file(folder_ / "none", 4).error().code, ErrorCode::NotFound);
}

TEST_F(InAFolder, WalkUsageCountsBlocksAsDuDoes) {
  ASSERT_TRUE(write_ballast(folder_ / "ballast", 1 << 20));
  std::filesystem::create_directory(folder_ / "sub");

  std::uint64_t sum = 0;
  const auto files = walk_usage(folder_);
  ASSERT_TRUE(files);
  for (const FileUsage& file : *files) sum += file.allocated_bytes;

  FILE* du = popen(("du -s -B1 " + folder_.string()).c_str(), "r");
  unsigned long long expected = 0;
  ASSERT_EQ(fscanf(du, "%llu", &expected), 1);
  pclose(du);
  EXPECT_EQ(sum, expected);
  EXPECT_GE(sum, 1u << 20);
}

}  // namespace
}  // namespace stagecache
