// What the scrub makes of forms that cannot be read, and of clocks that are set.

#include <sys/resource.h>

#include "scrub_fixture.h"

namespace stagecache::cache::test {
namespace {

class ScrubUnreadTest : public ScrubTest {
 protected:
  /// Artifact number n is 1 MiB and n times 8 KiB, which tells its piece from others.
  static std::string body(unsigned number) { return bytes_of(kMiB + number * 8192, number); }
  static void script(Exchange& e) {
    serve(e, body(static_cast<unsigned>(std::stoul(std::string(e.path().substr(1))))));
  }
  void store_some(unsigned count) {
    for (unsigned number = 0; number < count; ++number) warm_up("/" + std::to_string(number));
  }
  std::filesystem::path piece(unsigned number) const { return piece_of(body(number).size()); }
};

/// Nothing of this process opens a file while one lives.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit before_{};
};

constexpr Scrub::Options kWeekly{
    .rate = 0, .interval = std::chrono::days(7), .look_every = std::chrono::milliseconds(5)};

TEST_F(ScrubUnreadTest, AScrubThatCouldNotReadAFormIsNotTheLastOneButTriedAgainSoon) {
#ifdef __SANITIZE_ADDRESS__
  // Of g++: to look at a vptr it opens a pipe, and takes a refused one for a wild pointer.
  GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors of its own";
#endif
  const auto running = start(script);
  store_some(1);
  make_scrub(kWeekly);

  {
    const NoMoreFiles none;
    clock.advance(std::chrono::days(7));
    ASSERT_TRUE(eventually([this] { return scrub->status().ended_at.has_value(); }));
  }

  const ScrubStatus status = scrub->status();
  EXPECT_EQ(status.unread, 1u);
  EXPECT_EQ(status.damaged, 0u);
  EXPECT_FALSE(status.last_end);
  ASSERT_TRUE(status.next_at);
  EXPECT_EQ(*status.next_at, *status.ended_at + std::chrono::hours(1));

  clock.advance(std::chrono::hours(1));

  EXPECT_TRUE(eventually([this] { return scrub->status().last_end.has_value(); }));
}

TEST_F(ScrubUnreadTest, ALastEndInTheFutureDoesNotPutTheNextOneOff) {
  const auto running = start(script);
  store_some(1);
  clock.advance(std::chrono::days(3650));
  make_scrub();
  ASSERT_TRUE(scrubbed().last_end);
  clock.advance(-std::chrono::days(3650));

  restart();
  make_scrub(kWeekly);

  EXPECT_TRUE(eventually([this] {
    const auto end = scrub->status().last_end;
    return end && *end <= clock.wall();
  }));
}

TEST_F(ScrubUnreadTest, ArtifactsFromTheFutureDoNotPutTheFirstOneOff) {
  const auto running = start(script);
  clock.advance(std::chrono::days(3650));
  store_some(1);
  clock.advance(-std::chrono::days(3650));

  make_scrub(kWeekly);

  EXPECT_TRUE(eventually([this] { return scrub->status().last_end.has_value(); }));
}

}  // namespace
}  // namespace stagecache::cache::test
