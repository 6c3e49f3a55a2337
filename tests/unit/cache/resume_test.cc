// What breaks is gone on with: within a fill, and after a restart.

#include "cache_fixture.h"

namespace stagecache::cache::test {
namespace {

const std::string& big_body() {
  static const std::string body = bytes_of(40 * kMiB);
  return body;
}

class ResumeTest : public CacheTest {
 protected:
  /// An origin that sends 33 MiB of the body to the first who asks and then hangs.
  [[nodiscard]] Running start_and_hang(std::string_view fields = kFresh) {
    return start([fields](Exchange& e) {
      if (e.number() > 0) return serve(e, big_body(), fields);
      e.send(ok(big_body().size(), fields));
      e.send(std::string_view(big_body()).substr(0, 33 * kMiB));
      e.stay_silent();
    });
  }
  /// Asks, and goes away when 33 MiB have been received.
  void ask_and_leave(Request wanted) {
    const BodyPtr body = open(std::move(wanted)).value();
    ASSERT_EQ(read_until(*body, 33 * kMiB).error, std::nullopt);
  }
};

TEST_F(ResumeTest, ATransferThatIsCutGoesOnWhereItWas) {
  static const std::string body = bytes_of(3 * kMiB);
  const auto running = start([](Exchange& e) {
    if (e.number() > 0) return serve(e, body);
    e.send(ok(body.size(), kFresh));
    e.send(std::string_view(body).substr(0, 1'500'000));
  });

  EXPECT_TRUE(get(request()).bytes == body);
  ASSERT_EQ(requests(), 2u);
  EXPECT_NE(origin->requests()[1].find("Range: bytes=1500000-"), std::string::npos);
  EXPECT_NE(origin->requests()[1].find("If-Range: \"e\""), std::string::npos);
}

TEST_F(ResumeTest, AFillGoesOnAfterARestartWithTheRightDigest) {
  const auto running = start_and_hang();
  ask_and_leave(request());

  restart();

  ASSERT_TRUE(eventually([this] { return store->stats().artifacts == 1; }));
  ASSERT_EQ(requests(), 2u);
  EXPECT_NE(origin->requests()[1].find("Range: bytes=34603008-"), std::string::npos);
  EXPECT_TRUE(store->find_artifact(digest_of(big_body())));
  EXPECT_EQ(outcome_of(request()), Outcome::Hit);
  EXPECT_EQ(cache->counters().fills_resumed, 1u);
}

TEST_F(ResumeTest, ADeclaredDigestIsEnforcedOverBothHalves) {
  const auto running = start_and_hang();
  ask_and_leave(request("/x.tgz", digest_of("other")));

  restart();

  ASSERT_TRUE(eventually([this] { return cache->counters().fill_failures == 1; }));
  EXPECT_EQ(store->stats().artifacts, 0u);
  EXPECT_TRUE(store->unfinished_fills().empty());
}

TEST_F(ResumeTest, WithoutAStrongValidatorNothingIsKeptForAResume) {
  const auto running = start_and_hang("Cache-Control: max-age=60\r\n");
  ask_and_leave(request());

  restart();

  EXPECT_TRUE(store->unfinished_fills().empty());
  EXPECT_TRUE(get(request()).bytes == big_body());
  EXPECT_EQ(origin->requests()[1].find("Range:"), std::string::npos);
}

TEST_F(ResumeTest, WhatCameInTheMeantimeFromElsewhereNeedsNoResume) {
  const auto running = start_and_hang();
  ask_and_leave(request("/x.tgz", digest_of(big_body())));
  stop();
  upstream_options.offline = true;  // Nothing is resumed at this start.
  start_daemon();
  upstream_options.offline = false;
  upstream->go_online();
  ASSERT_EQ(store->unfinished_fills().size(), 1u);
  EXPECT_TRUE(get(request("/other.tgz", digest_of(big_body()))).bytes == big_body());
  ASSERT_TRUE(wait_until_idle());

  restart();

  EXPECT_TRUE(store->unfinished_fills().empty());
  EXPECT_EQ(requests(), 2u);
}

TEST_F(ResumeTest, OtherBytesAfterARestartAreNeverGluedToTheOld) {
  static const std::string other = bytes_of(40 * kMiB, 2);
  const auto running = start([](Exchange& e) {
    if (e.number() > 0) return serve(e, other, "ETag: \"two\"\r\nCache-Control: max-age=60\r\n");
    e.send(ok(big_body().size(), "ETag: \"one\"\r\n"));
    e.send(std::string_view(big_body()).substr(0, 33 * kMiB));
    e.stay_silent();
  });
  ask_and_leave(request());
  stop();
  // This origin ignores If-Range: what it sends from there on belongs to another body.
  start_daemon();

  ASSERT_TRUE(eventually([this] { return cache->counters().fill_failures == 1; }));
  EXPECT_EQ(store->stats().artifacts, 0u);
  EXPECT_TRUE(get(request()).bytes == other);
}

}  // namespace
}  // namespace stagecache::cache::test
