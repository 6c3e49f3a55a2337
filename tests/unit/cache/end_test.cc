// The end of a cache: while fills hang, while clients wait, while the store calls.

#include "cache/window.h"
#include "cache_fixture.h"

namespace stagecache::cache::test {
namespace {

using std::chrono::steady_clock;

class EndTest : public CacheTest {
 protected:
  /// Seconds that the end of the cache takes.
  double seconds_to_end() {
    const auto begin = steady_clock::now();
    cache.reset();
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
  }
};

TEST_F(EndTest, AFillThatHangsDoesNotHoldUpTheEndAndItsClientIsTold) {
  const auto running = start([](Exchange& e) { e.stay_silent(); });
  auto waiting = open_later(request());
  ASSERT_TRUE(eventually([this] { return requests() == 1; }));

  EXPECT_LT(seconds_to_end(), 5);

  ASSERT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(waiting.get().error().code, ErrorCode::Cancelled);
}

TEST_F(EndTest, FillsThatWaitForAThreadEndToo) {
  options.fills = 1;
  const auto running = start([](Exchange& e) { e.stay_silent(); });
  std::vector<std::future<Result<BodyPtr>>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(open_later(request("/" + std::to_string(i))));
  ASSERT_TRUE(eventually([this] { return requests() == 1; }));

  EXPECT_LT(seconds_to_end(), 5);

  for (auto& one : waiting) EXPECT_FALSE(one.get());
  EXPECT_EQ(requests(), 1u);
}

TEST_F(EndTest, AFillThatWaitsForASlowClientEndsAtOnce) {
  static const std::string body = bytes_of(3 * kWindowBytes);
  const auto running = start([](Exchange& e) { serve(e, body, "Cache-Control: no-store\r\n"); });
  BodyPtr asleep = open(request()).value();
  ASSERT_TRUE(eventually([this] { return upstream->counters().bytes >= kWindowBytes; }));

  EXPECT_LT(seconds_to_end(), 5);

  EXPECT_TRUE(std::holds_alternative<store::Slice>(asleep->read(0).value_or(ReadStep(AtEnd()))) ||
              !asleep->read(0));
  asleep.reset();
}

TEST_F(EndTest, MoreFillsThanTheQueueHoldsAreBusy) {
  options.fills = 1;
  options.fill_queue = 1;
  const auto running = start([](Exchange& e) { e.stay_silent(); });
  auto first = open_later(request("/1"));
  ASSERT_TRUE(eventually([this] { return requests() == 1; }));
  auto second = open_later(request("/2"));

  EXPECT_EQ(open(request("/3")).error().code, ErrorCode::Busy);
  EXPECT_EQ(open(request("/3")).error().code, ErrorCode::Busy);
}

TEST_F(EndTest, ABodyThatIsGoneIsNotCalledBack) {
  Gate rest;
  const auto running = start([&rest](Exchange& e) {
    e.send(ok(5000));
    rest.wait();
    e.send(bytes_of(5000));
  });
  BodyPtr leaves = open(request()).value();
  const BodyPtr stays = open(request()).value();
  std::atomic<bool> called = false;
  leaves->when_ready(0, [&called] { called = true; });

  leaves.reset();
  rest.open();

  EXPECT_TRUE(read_all(*stays).bytes == bytes_of(5000));
  cache.reset();
  EXPECT_FALSE(called);
}

TEST_F(EndTest, TheStoreMayCallWhileCachesComeAndGo) {
  const auto running =
      start([](Exchange& e) { serve(e, bytes_of(5000, static_cast<unsigned>(e.number()))); });
  for (int i = 0; i < 20; ++i) {
    ASSERT_FALSE(get(request("/" + std::to_string(i))).error);
    ASSERT_TRUE(wait_until_idle());
    ASSERT_TRUE(
        store->remove(digest_of(bytes_of(5000, static_cast<unsigned>(i)))));  // Deletes later.
    cache.reset();
    cache = std::make_unique<Cache>(options, *store, *upstream, clock);
  }
}

}  // namespace
}  // namespace stagecache::cache::test
