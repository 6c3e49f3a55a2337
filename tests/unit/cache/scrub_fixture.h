#pragma once
//
// A Scrub over a CacheTest, and what can befall the pieces that it reads.

#include "cache_fixture.h"
#include "stagecache/cache/scrub.h"

namespace stagecache::cache::test {

class ScrubTest : public CacheTest {
 protected:
  /// Its time is the test's, and each look at the steady one is a chance to do something.
  class Watched final : public Clock {
   public:
    explicit Watched(const Clock& clock) : clock_(clock) {}
    WallTime wall() const override { return clock_.wall(); }
    SteadyTime steady() const override {
      if (on_steady) on_steady();
      return clock_.steady();
    }
    /// Run by the scrub's thread, before it begins and after each chunk.
    std::function<void()> on_steady;

   private:
    const Clock& clock_;
  };

  void stop() override {
    scrub.reset();
    CacheTest::stop();
  }
  void make_scrub(Scrub::Options scrub_options = {.rate = 0}) {
    scrub = std::make_unique<Scrub>(scrub_options, *store, *cache, watched);
  }
  void warm_up(std::string_view path = "/x.tgz") {
    ASSERT_FALSE(get(request(path)).error);
    ASSERT_TRUE(wait_until_idle());
    ASSERT_TRUE(wait_until_looked_into());
  }
  bool is_idle() const { return scrub->status().state == ScrubStatus::State::Idle; }
  /// The status at its end.
  ScrubStatus scrubbed() {
    EXPECT_TRUE(scrub->start());
    EXPECT_TRUE(eventually([this] { return is_idle(); }));
    return scrub->status();
  }

  /// The newest piece of `bytes` and a little more.
  std::filesystem::path piece_of(std::uint64_t bytes) const;
  /// Of the byte at `offset`; twice is as before.
  static void flip(const std::filesystem::path& piece, std::uint64_t offset);
  /// Every read of it fails with an error of the disk's (ELOOP; root may read anything else).
  static void break_off(const std::filesystem::path& piece);
  static void mend(const std::filesystem::path& piece);

  Watched watched{clock};
  std::unique_ptr<Scrub> scrub;
};

}  // namespace stagecache::cache::test
