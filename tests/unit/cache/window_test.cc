#include "cache/window.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

#include "cache/disk_read.h"

namespace stagecache::cache {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}
std::string text(const store::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.bytes().data()), slice.size()};
}

TEST(Window, GivesWhatWasAppendedFromAnyOffset) {
  Window window;
  window.append(bytes("abc"));
  window.append({});
  window.append(bytes("de"));

  EXPECT_EQ(text(*window.read(0)), "abc");
  EXPECT_EQ(text(*window.read(2)), "c");
  EXPECT_EQ(text(*window.read(3)), "de");
  EXPECT_EQ(window.end(), 5u);
}

TEST(Window, ForgetsOnlyWhatLiesWhollyBefore) {
  Window window;
  window.append(bytes("abc"));
  window.append(bytes("de"));

  window.forget_before(2);
  EXPECT_EQ(window.begin(), 0u);
  window.forget_before(3);
  EXPECT_EQ(window.begin(), 3u);
  EXPECT_FALSE(window.read(2));
  EXPECT_EQ(text(*window.read(4)), "e");
}

TEST(Window, ForgetsItsFirstBlockHoweverLongItIs) {
  Window window;
  window.append(bytes("abcdefgh"));
  window.append(bytes("i"));

  window.forget_first();

  EXPECT_EQ(window.begin(), 8u);
}

TEST(Window, ASliceOutlivesWhatIsForgotten) {
  Window window;
  window.append(bytes("abc"));
  const auto slice = *window.read(1);

  window.forget_first();

  EXPECT_EQ(text(slice), "bc");
}

TEST(DiskRead, GivesWhatWasReadOnceAndOnlyForItsOffset) {
  WorkerPool pool({.name = "test"});
  const auto read = std::make_shared<DiskRead>();
  std::promise<void> done;
  read->start(
      pool, 7, [] { return store::Slice(bytes("abc"), nullptr); }, [&done] { done.set_value(); });
  done.get_future().wait();

  EXPECT_FALSE(read->take(8));
  EXPECT_EQ(text(**read->take(7)), "abc");
  EXPECT_FALSE(read->take(7));
}

TEST(DiskRead, IsBusyWhenTheQueueIsFullAndStillCallsBack) {
  WorkerPool pool({.name = "test", .threads = 1, .queue_limit = 0});
  const auto read = std::make_shared<DiskRead>();
  bool called = false;
  read->start(pool, 0, [] { return store::Slice(); }, [&called] { called = true; });

  EXPECT_TRUE(called);
  EXPECT_EQ(read->take(0)->error().code, ErrorCode::Busy);
}

}  // namespace
}  // namespace stagecache::cache
