// What is stored: how long it is good, what is served when the upstream fails, what
// is never stored, and what happens when it rots.

#include "cache_fixture.h"

namespace stagecache::cache::test {
namespace {

class StoredTest : public CacheTest {
 protected:
  /// Gets /x.tgz and waits until its fill has ended.
  void warm_up() {
    ASSERT_FALSE(get(request()).error);
    ASSERT_TRUE(wait_until_idle());
  }
};

TEST_F(StoredTest, WithinItsLifetimeNothingIsAsked) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  warm_up();

  clock.advance(std::chrono::seconds(3599 - 5));
  EXPECT_EQ(outcome_of(request()), Outcome::Hit);
  EXPECT_EQ(requests(), 1u);
}

TEST_F(StoredTest, AfterItsLifetimeAYesFromTheOriginMakesItGoodAgain) {
  const auto running = start([](Exchange& e) {
    if (e.field("If-None-Match") == "\"e\"") e.send(kNotModified);
    else serve(e, bytes_of(5000));
  });
  warm_up();
  clock.advance(std::chrono::seconds(3601));

  EXPECT_TRUE(get(request()).bytes == bytes_of(5000));
  EXPECT_EQ(requests(), 2u);
  EXPECT_EQ(outcome_of(request()), Outcome::Hit);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(StoredTest, OtherBytesBehindTheSameUrlReplaceTheOld) {
  const auto running = start([](Exchange& e) {
    serve(e, bytes_of(5000, static_cast<unsigned>(e.number())),
          e.number() == 0 ? "ETag: \"0\"\r\n" : "ETag: \"1\"\r\nCache-Control: max-age=60\r\n");
  });
  warm_up();
  clock.advance(std::chrono::seconds(1));

  EXPECT_TRUE(get(request()).bytes == bytes_of(5000, 1));
  EXPECT_EQ(outcome_of(request()), Outcome::Hit);
  EXPECT_TRUE(get({.sha256 = digest_of(bytes_of(5000, 0))}).bytes == bytes_of(5000, 0));
}

TEST_F(StoredTest, WithTheUpstreamDownTheOldIsServedAsStale) {
  std::atomic<bool> down = false;
  const auto running = start([&down](Exchange& e) {
    if (down) e.send(kUnavailable);
    else serve(e, bytes_of(5000), "ETag: \"e\"\r\n");
  });
  warm_up();
  down = true;

  auto body = open(request());

  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ((*body)->meta().outcome, Outcome::Stale);
  EXPECT_TRUE(read_all(**body).bytes == bytes_of(5000));
}

TEST_F(StoredTest, ANotFoundOfTheUpstreamIsPassedOnUnlessTheOperatorWarmedIt) {
  std::atomic<bool> gone = false;
  const auto running = start([&gone](Exchange& e) {
    if (gone) e.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    else serve(e, bytes_of(5000), "ETag: \"e\"\r\n");
  });
  warm_up();
  gone = true;
  EXPECT_EQ(open(request()).error().code, ErrorCode::NotFound);

  ASSERT_TRUE(ensure({.source = url()}));

  EXPECT_EQ(open(request()).value()->meta().outcome, Outcome::Stale);
}

TEST_F(StoredTest, ARefillForAClientDoesNotForgetThatItWasWarmed) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000), "ETag: \"e\"\r\n"); });
  ASSERT_TRUE(ensure({.source = url(), .pin = false}));
  ASSERT_TRUE(store->remove(digest_of(bytes_of(5000))));

  warm_up();

  EXPECT_TRUE(store->find_source(key())->warmed);
}

TEST_F(StoredTest, WhatMayNotBeStoredPassesThrough) {
  for (const std::string field : {"no-store", "private", "max-age=60, no-store"}) {
    const auto running = start(
        [&field](Exchange& e) { serve(e, bytes_of(5000), "Cache-Control: " + field + "\r\n"); });

    EXPECT_EQ(outcome_of(request()), Outcome::Pass) << field;
    EXPECT_EQ(outcome_of(request()), Outcome::Pass) << field;
    EXPECT_EQ(store->stats().artifacts, 0u) << field;
    EXPECT_EQ(requests(), 2u) << field;
  }
}

TEST_F(StoredTest, ADeclaredDigestStoresWhatTheOriginSaysMustNotBe) {
  const auto running =
      start([](Exchange& e) { serve(e, bytes_of(5000), "Cache-Control: no-store\r\n"); });

  EXPECT_EQ(outcome_of(request("/x.tgz", digest_of(bytes_of(5000)))), Outcome::Miss);
  EXPECT_EQ(outcome_of(request("/x.tgz", digest_of(bytes_of(5000)))), Outcome::Hit);
}

TEST_F(StoredTest, WhatIsLargerThanTheQuotaPassesThroughWhole) {
  static const std::string body = bytes_of(80 * kMiB);
  const auto running = start([](Exchange& e) { serve(e, body); });
  stop();
  store_options.quota_bytes = 64 * kMiB;
  start_daemon();

  auto opened = open(request());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->meta().outcome, Outcome::Pass);
  const auto got = read_all(**opened);
  EXPECT_FALSE(got.error) << got.error->message;
  EXPECT_EQ(digest_of(got.bytes), digest_of(body));
  EXPECT_EQ(store->stats().artifacts, 0u);
  EXPECT_LE(store->stats().quota.taken(), store_options.quota_bytes);
}

TEST_F(StoredTest, WhatPassesThroughIsCutWhenItsDigestIsWrong) {
  static const std::string body = bytes_of(70 * kMiB);
  const auto running = start([](Exchange& e) { serve(e, body); });
  stop();
  store_options.quota_bytes = 64 * kMiB;
  start_daemon();

  const auto got = get(request("/x.tgz", digest_of("other")));

  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::Corrupt) << got.error->message;
  EXPECT_LT(got.bytes.size(), body.size());
}

TEST_F(StoredTest, AClientThatTakesNothingLosesWhatPassesThroughAndTheOtherGetsIt) {
  static const std::string body = bytes_of(70 * kMiB);
  options.slowest_follower = std::chrono::milliseconds(500);  // The one that reads is quicker.
  Gate both_asked;
  const auto running = start([&both_asked](Exchange& e) {
    both_asked.wait();
    serve(e, body);
  });
  stop();
  store_options.quota_bytes = 64 * kMiB;
  start_daemon();
  auto asleep_later = open_later(request()), awake_later = open_later(request());
  both_asked.open();
  const BodyPtr asleep = asleep_later.get().value(), awake = awake_later.get().value();

  const auto got = read_all(*awake);
  EXPECT_FALSE(got.error) << got.error->message;
  EXPECT_TRUE(got.bytes == body) << got.bytes.size();
  EXPECT_TRUE(read_all(*asleep).error);
}

TEST_F(StoredTest, WhatTheOriginForbidsToStoreIsGivenToOneClientOnly) {
  Gate both_asked;
  const auto running = start([&both_asked](Exchange& e) {
    both_asked.wait();
    serve(e, bytes_of(5000), "ETag: \"e\"\r\nCache-Control: no-store\r\n");
  });
  auto one = open_later(request()), two = open_later(request());
  both_asked.open();

  EXPECT_EQ(one.get().value()->meta().outcome, Outcome::Pass);
  EXPECT_EQ(two.get().value()->meta().outcome, Outcome::Pass);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(StoredTest, CredentialsAreNeitherSharedNorStored) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  for (const std::string name : {"Authorization", "Cookie", "X-JFrog-Art-Api", "Private-Token"}) {
    Request own = request();
    own.headers = {{name, "secret"}};
    EXPECT_EQ(outcome_of(own), Outcome::Pass) << name;
    Request by_digest = request("/x.tgz", digest_of(bytes_of(5000)));
    by_digest.headers = {{name, "secret"}};
    EXPECT_EQ(outcome_of(by_digest), Outcome::Pass) << name;
  }
  EXPECT_EQ(store->stats().artifacts, 0u);
  EXPECT_TRUE(store->unfinished_fills().empty());
  EXPECT_EQ(requests(), 8u);
}

TEST_F(StoredTest, TwoWithCredentialsDoNotShareAFill) {
  Gate both_asked;
  const auto running = start([&both_asked](Exchange& e) {
    both_asked.wait();
    serve(e, e.field("Authorization"));
  });
  Request one = request(), two = request();
  one.headers = {{"Authorization", "one"}};
  two.headers = {{"Authorization", "two"}};

  auto first = open_later(one), second = open_later(two);
  both_asked.open();

  EXPECT_EQ(read_all(**first.get()).bytes, "one");
  EXPECT_EQ(read_all(**second.get()).bytes, "two");
}

TEST_F(StoredTest, ADamagedPieceCutsTheBodyAndIsFetchedAgain) {
  static const std::string body = bytes_of(3 * kMiB);
  const auto running = start([](Exchange& e) { serve(e, body); });
  warm_up();
  ASSERT_TRUE(eventually([this] {  // The archive look has been through it.
    return store->find_artifact(digest_of(body))->archive.kind != ArchiveSummary::Kind::Unknown;
  }));
  stop();
  damage_largest_piece();
  start_daemon();

  const auto damaged = get(request());
  ASSERT_TRUE(damaged.error);
  EXPECT_EQ(damaged.error->code, ErrorCode::Corrupt);

  ASSERT_TRUE(eventually([this] { return requests() == 2; }));
  EXPECT_TRUE(get(request()).bytes == body);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(StoredTest, ASlowReaderOfDamagedBytesDoesNotTakeOutTheNewOnes) {
  static const std::string body = bytes_of(3 * kMiB);
  const auto running = start([](Exchange& e) { serve(e, body); });
  warm_up();
  ASSERT_TRUE(eventually([this] {
    return store->find_artifact(digest_of(body))->archive.kind != ArchiveSummary::Kind::Unknown;
  }));
  stop();
  damage_largest_piece();
  start_daemon();
  const BodyPtr slow = open(request()).value();
  ASSERT_TRUE(get(request()).error);
  ASSERT_TRUE(
      eventually([this] { return requests() == 2 && cache->counters().fills_running == 0; }));

  ASSERT_TRUE(read_all(*slow).error);

  EXPECT_EQ(outcome_of(request()), Outcome::Hit);
  EXPECT_EQ(requests(), 2u);
}

}  // namespace
}  // namespace stagecache::cache::test
