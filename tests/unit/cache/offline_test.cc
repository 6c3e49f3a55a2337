// Offline, switched while it runs.

#include "cache_fixture.h"

namespace stagecache::cache {
namespace {

using namespace test;

class OfflineTest : public CacheTest {
 protected:
  Error error_of_open(const std::string& path) {
    auto body = open(request(path));
    return body ? Error{ErrorCode::Internal, "served"} : body.error();
  }
};

const std::string& big_body() {
  static const std::string body = bytes_of(40 * kMiB);
  return body;
}

TEST_F(OfflineTest, ADownloadIsStoppedKeptAndGoesOnByItself) {
  const auto running = start([](Exchange& e) {
    if (e.number() > 0) return serve(e, big_body());
    e.send(ok(big_body().size(), kFresh));
    e.send(std::string_view(big_body()).substr(0, 17 * kMiB));
    e.stay_silent();
  });
  {
    const BodyPtr body = open(request()).value();
    ASSERT_FALSE(read_until(*body, 17 * kMiB).error);

    cache->go_offline();

    const Received cut = read_all(*body);
    ASSERT_TRUE(cut.error);
    EXPECT_EQ(cut.error->code, ErrorCode::TimedOut);
  }
  ASSERT_TRUE(wait_until_idle());
  EXPECT_EQ(store->unfinished_fills().size(), 1u);
  EXPECT_EQ(error_of_open("/x.tgz"), upstream->offline_error(url()));
  EXPECT_EQ(requests(), 1u);

  cache->go_online();

  ASSERT_TRUE(eventually([this] { return store->find_source(key()).has_value(); }));
  EXPECT_TRUE(get(request()).bytes == big_body());
  ASSERT_EQ(requests(), 2u);
  EXPECT_NE(origin->requests()[1].find("Range: bytes="), std::string::npos);
}

TEST_F(OfflineTest, SwitchedOnAndOffAtOnceTheDownloadGoesOnAllTheSame) {
  const auto running = start([](Exchange& e) {
    if (e.number() > 0) return serve(e, big_body());
    e.send(ok(big_body().size(), kFresh));
    e.send(std::string_view(big_body()).substr(0, 17 * kMiB));
    e.stay_silent();
  });
  {
    const BodyPtr body = open(request()).value();
    ASSERT_FALSE(read_until(*body, 17 * kMiB).error);
  }

  cache->go_offline();
  cache->go_online();

  EXPECT_TRUE(eventually([this] { return store->find_source(key()).has_value(); }));
}

TEST_F(OfflineTest, WhatIsStoredIsServedHoweverOldAndTheRestIsNamed) {
  const auto running =
      start([](Exchange& e) { serve(e, bytes_of(5000), "Cache-Control: max-age=1\r\n"); });
  ASSERT_FALSE(get(request()).error);
  ASSERT_TRUE(wait_until_idle());
  clock.advance(std::chrono::seconds(1'000'000));

  cache->go_offline();

  EXPECT_EQ(outcome_of(request()), Outcome::Stale);
  Request mine = request();
  mine.headers = {{"Authorization", "Basic x"}};
  EXPECT_EQ(outcome_of(std::move(mine)), Outcome::Stale);
  EXPECT_EQ(error_of_open("/y.tgz?secret").code, ErrorCode::TimedOut);
  EXPECT_NE(error_of_open("/y.tgz?secret").message.find("/y.tgz?..."), std::string::npos);
  const auto artifact = ensure({.source = url("/z.tgz")});
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error(), upstream->offline_error(url("/z.tgz")));
  EXPECT_EQ(requests(), 1u);

  cache->go_online();
  EXPECT_FALSE(get(request("/y.tgz")).error);
}

TEST_F(OfflineTest, OfflineIsNoFaultOfTheSource) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });

  cache->go_offline();
  error_of_open("/x.tgz");

  EXPECT_FALSE(cache->know(request()).failure);
  EXPECT_EQ(store->ledger({})->size(), 0u);
}

}  // namespace
}  // namespace stagecache::cache
