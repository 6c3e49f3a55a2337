// Time limits, stopping, blocked Sinks, connections a host.

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "tests/unit/upstream/bench.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using namespace test;  // NOLINT: the bench.
using stagecache::test::ScriptedOrigin;

TEST(TimeLimits, SilenceBeforeTheHeadTimesOut) {
  Options options = quick();
  options.header_timeout = 150ms;
  options.attempts = 1;
  Bench bench([](Exchange& e) { e.stay_silent(); }, options);

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::TimedOut);
  EXPECT_TRUE(status.error().message.contains("no headers within 150 ms"))
      << status.error().message;
}

TEST(TimeLimits, AStalledBodyIsGivenUpAndResumed) {
  Options options = quick();
  options.low_speed_time = 1s;
  Bench bench(
      [](Exchange& e) {
        const std::uint64_t from = e.range_start();
        e.send(from ? partial(from) + kBody.substr(from)
                    : ok(kBody.size()) + kBody.substr(0, 1000));
        if (!from) e.stay_silent();
      },
      options);

  const Status status = bench.fetch();

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(bench.sink.body == kBody);
  EXPECT_EQ(bench.origin.requests().size(), 2u);
}

TEST(TimeLimits, ABlockedSinkIsNoSlowUpstream) {
  Options options = quick();
  options.low_speed_time = 1s;
  options.attempts = 1;
  std::latch unblocked(1);
  Bench bench(
      [&](Exchange& e) {
        e.send(ok(kBody.size()) + kBody.substr(0, 1000));
        unblocked.wait();
        e.stay_silent(300);  // Long enough for the limits to be looked at.
        e.send(kBody.substr(1000));
      },
      options);
  bench.sink.before_body = [&] {
    if (unblocked.try_wait()) return Status{};
    std::this_thread::sleep_for(1500ms);  // A full disk.
    unblocked.count_down();
    return Status{};
  };

  const Status status = bench.fetch();

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(bench.origin.requests().size(), 1u);
}

TEST(Stopping, EndsAFetchFromASilentOriginAtOnce) {
  std::latch asked(1);
  Bench bench([&](Exchange& e) {
    asked.count_down();
    e.stay_silent();
  });
  std::stop_source source;
  std::chrono::steady_clock::time_point stopped;
  std::jthread stopper([&] {
    asked.wait();
    stopped = std::chrono::steady_clock::now();
    source.request_stop();
  });

  const Status status = bench.fetch(source.get_token());
  const auto ended = std::chrono::steady_clock::now();
  stopper.join();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Cancelled);
  EXPECT_LT(ended - stopped, 1s);
}

TEST(SinkErrors, EndTheFetchWithTheirOwnWords) {
  Bench bench([](Exchange& e) { e.send(ok(kBody.size()) + kBody); });
  bench.sink.before_body = [] { return fail(ErrorCode::DiskFull, "no room"); };

  EXPECT_EQ(bench.fetch().error(), (Error{ErrorCode::DiskFull, "no room"}));
  EXPECT_EQ(bench.origin.requests().size(), 1u);
}

TEST(Connections, ToOneHostAreBounded) {
  std::atomic<int> running{0}, most{0};
  ScriptedOrigin origin([&](Exchange& e) {
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    e.stay_silent(20);
    --running;  // Before the answer: after it the client may come again at once.
    e.send(ok(5) + "hello");
  });
  HostRule rule = loopback("127.0.0.1", origin.port());
  rule.connections = 2;
  Upstream upstream(quick(), Policy({rule}, {}));
  std::atomic<int> good{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&] {
      RecordingSink sink;
      FetchRequest request;
      request.url = Url::parse(origin.url("/x")).value();
      if (upstream.fetcher().fetch(request, sink, {})) ++good;
    });
  clients.clear();

  EXPECT_EQ(good, 8);
  EXPECT_EQ(most, 2);
}

}  // namespace
}  // namespace stagecache::upstream
