// Having something ready, for warm jobs.

#include <thread>

#include "cache_fixture.h"

namespace stagecache::cache::test {
namespace {

class EnsureTest : public CacheTest {
 protected:
  bool is_pinned(const Sha256& sha256) const { return store->info(sha256)->pinned; }
};

TEST_F(EnsureTest, WhatWasEnsuredIsStoredAndPinned) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });

  const auto artifact = ensure({.source = url()});

  ASSERT_TRUE(artifact) << artifact.error().message;
  EXPECT_EQ(artifact->sha256, digest_of(bytes_of(5000)));
  EXPECT_EQ(artifact->archive.kind, ArchiveSummary::Kind::NotAnArchive);
  EXPECT_TRUE(is_pinned(artifact->sha256));
  EXPECT_TRUE(store->find_source(key())->warmed);
}

TEST_F(EnsureTest, ProgressGoesFromQueuedOverFillingToVerifying) {
  Gate half_seen;
  const std::string body = bytes_of(200'000);
  const auto running = start([&](Exchange& e) {
    e.send(ok(body.size()));
    e.send(std::string_view(body).substr(0, 100'000));
    half_seen.wait();
    e.send(std::string_view(body).substr(100'000));
  });

  std::vector<Progress::State> states;
  const auto artifact = cache->ensure(
      {.source = url()},
      [&](const Progress& progress) {
        if (states.empty() || states.back() != progress.state) states.push_back(progress.state);
        if (progress.state == Progress::State::Filling && progress.received >= 100'000) {
          EXPECT_EQ(progress.size, body.size());
          half_seen.open();
        }
      },
      {});

  ASSERT_TRUE(artifact) << artifact.error().message;
  EXPECT_EQ(states, (std::vector{Progress::State::Queued, Progress::State::Filling,
                                 Progress::State::Verifying}));
}

TEST_F(EnsureTest, WhatIsStoredIsPinnedWithoutAFetch) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  ASSERT_TRUE(ensure({.source = url(), .pin = false}));
  EXPECT_FALSE(is_pinned(digest_of(bytes_of(5000))));

  ASSERT_TRUE(ensure({.source = url()}));

  EXPECT_TRUE(is_pinned(digest_of(bytes_of(5000))));
  EXPECT_EQ(requests(), 1u);
}

TEST_F(EnsureTest, TheSameBytesOfAnotherSourceAreAdoptedByTheirDigest) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  ASSERT_TRUE(ensure({.source = url("/a.tgz")}));

  const auto adopted = ensure({.source = url("/b.tgz"), .sha256 = digest_of(bytes_of(5000))});

  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(requests(), 1u);
  EXPECT_EQ(store->find_source(key("/b.tgz"))->strength, DigestStrength::Declared);
  EXPECT_EQ(outcome_of(request("/b.tgz")), Outcome::Hit);
}

TEST_F(EnsureTest, AFillThatAClientBeganIsJoinedAndPinned) {
  Gate joined;
  const auto running = start([&joined](Exchange& e) {
    joined.wait();
    serve(e, bytes_of(5000));
  });
  auto client = open_later(request());

  const auto artifact =
      cache->ensure({.source = url()}, [&joined](const Progress&) { joined.open(); }, {});

  ASSERT_TRUE(artifact) << artifact.error().message;
  EXPECT_TRUE(is_pinned(artifact->sha256));
  EXPECT_TRUE(client.get());
  EXPECT_EQ(requests(), 1u);
}

TEST_F(EnsureTest, AWrongDigestFailsAndNamesBoth) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });

  const auto artifact = ensure({.source = url(), .sha256 = digest_of("other")});

  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, ErrorCode::Corrupt);
  EXPECT_NE(artifact.error().message.find(digest_of("other").hex()), std::string::npos);
  EXPECT_NE(artifact.error().message.find(digest_of(bytes_of(5000)).hex()), std::string::npos);
}

TEST_F(EnsureTest, ABodyThatChangedUnderAnUnfinishedFillIsFetchedFromZero) {
  static const std::string old_body = bytes_of(20 * kMiB, 1), new_body = bytes_of(20 * kMiB, 2);
  const auto running = start([](Exchange& e) {
    if (e.number() > 0) return serve(e, new_body, "ETag: \"two\"\r\n");
    e.send(ok(old_body.size(), "ETag: \"one\"\r\n"));
    e.send(std::string_view(old_body).substr(0, 17 * kMiB));
    e.stay_silent();
  });
  {
    const BodyPtr body = open(request()).value();
    ASSERT_FALSE(read_until(*body, 17 * kMiB).error);
  }
  stop();
  upstream_options.offline = true;  // The fill is taken up by the job, not by the start.
  start_daemon();
  upstream->go_online();

  const auto artifact = ensure({.source = url()});

  ASSERT_TRUE(artifact) << artifact.error().message;
  EXPECT_EQ(artifact->sha256, digest_of(new_body));
}

TEST_F(EnsureTest, WhatMayNotBeStoredFailsWithTheReason) {
  const auto running =
      start([](Exchange& e) { serve(e, bytes_of(5000), "Cache-Control: no-store\r\n"); });

  const auto artifact = ensure({.source = url()});

  ASSERT_FALSE(artifact);
  EXPECT_NE(artifact.error().message.find("no-store"), std::string::npos);
}

TEST_F(EnsureTest, WhatIsLargerThanTheQuotaIsNoSpace) {
  const auto running = start([](Exchange& e) { e.send(ok(10'000 * kMiB)); });

  const auto artifact = ensure({.source = url()});

  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, ErrorCode::NoSpace) << artifact.error().message;
}

TEST_F(EnsureTest, StopEndsTheWaitAndBeginsNothing) {
  const auto running = start([](Exchange& e) { e.stay_silent(); });
  std::stop_source stop;
  std::jthread stopper([&] {
    eventually([this] { return requests() == 1; });
    stop.request_stop();
  });

  EXPECT_EQ(cache->ensure(
                     {.source = url()}, [](const Progress&) {}, stop.get_token())
                .error()
                .code,
            ErrorCode::Cancelled);
  EXPECT_EQ(cache->ensure(
                     {.source = url("/y")}, [](const Progress&) {}, stop.get_token())
                .error()
                .code,
            ErrorCode::Cancelled);
  EXPECT_EQ(requests(), 1u);
}

}  // namespace
}  // namespace stagecache::cache::test
