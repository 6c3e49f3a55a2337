// What a host's rule and its own answers allow: budget, hold, shared rate.

#include "upstream/host_limits.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/unit/upstream/bench.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using namespace test;  // NOLINT: the bench.
using stagecache::test::ScriptedOrigin;

constexpr std::uint64_t kMiB = 1024 * 1024;

struct SavedBudgets final : BudgetStore {
  std::map<std::string, std::string> texts;
  std::string load(const std::string& host) override { return texts[host]; }
  Status save(const std::string& host, const std::string& text) override {
    texts[host] = text;
    return {};
  }
};

TEST(SlidingWeek, ForgetsAnHourAWeekAfterItEnded) {
  const WallTime hour{500'000h};
  SlidingWeek week;
  week.add(hour, 10);
  week.add(hour + 2h, 5);

  EXPECT_EQ(week.below(15), hour + 1h + 7 * 24h);
  EXPECT_EQ(week.below(16), std::nullopt);
  week.forget_old(hour + 7 * 24h + 59min);
  EXPECT_EQ(week.bytes(), 15u);
  week.forget_old(hour + 7 * 24h + 1h);
  EXPECT_EQ(week.bytes(), 5u);
  EXPECT_EQ(week.to_string(), "500002:5");
}

TEST(SlidingWeek, HoursOfTheFutureCountAsNowAndGarbageNot) {
  SlidingWeek week = SlidingWeek::parse("900000:7 x:1 500000:2 5 3:");
  week.forget_old(WallTime(500'000h));

  EXPECT_EQ(week.to_string(), "500000:9");
}

TEST(HostBudgets, AnExhaustedHostIsNamedWithItsBudgetAndTheTime) {
  FakeClock clock;
  HostBudgets budgets(clock, nullptr);
  auto running = budgets.begin("a.org", 10 * kMiB);
  ASSERT_TRUE(running);
  running->received(11 * kMiB);

  const auto refused = budgets.begin("a.org", 10 * kMiB);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, ErrorCode::Unavailable);
  EXPECT_FALSE(refused.error().hint.worth);
  for (const char* part : {"a.org", "10 MiB", "11 MiB", "2027-01-22T09:00:00Z"})
    EXPECT_TRUE(refused.error().error.message.contains(part)) << refused.error().error.message;
  running->received(kMiB);  // Goes on.
  clock.advance(8 * 24h);
  EXPECT_TRUE(budgets.begin("a.org", 10 * kMiB));
}

TEST(HostBudgets, ACrashCountsAtMostABlockTooMuchAndNothingTooLittle) {
  FakeClock clock;
  SavedBudgets saved, at_crash;
  {
    HostBudgets budgets(clock, &saved);
    auto running = budgets.begin("a.org", 1000 * kMiB);
    ASSERT_TRUE(running);
    for (int i = 0; i < 100; ++i) {
      running->received(kMiB);
      at_crash = saved;
      const auto known = HostBudgets(clock, &at_crash).use_of("a.org", 1000 * kMiB).bytes;
      EXPECT_GE(known, (i + 1) * kMiB);
      EXPECT_LE(known, (i + 1) * kMiB + HostBudgets::kBlock);
    }
  }
  EXPECT_EQ(HostBudgets(clock, &saved).use_of("a.org", 1000 * kMiB).bytes, 100 * kMiB);
}

struct Holding {
  FakeClock clock;
  std::vector<std::chrono::milliseconds> waits;
  HostHolds holds{clock, 1s, 8s, [this](std::chrono::milliseconds time, std::stop_token stop) {
                    waits.push_back(time);
                    clock.advance(std::chrono::ceil<std::chrono::seconds>(time));
                    return !stop.stop_requested();
                  }};
  Failure refused(std::optional<std::chrono::seconds> after) {
    return holds.refused("a.org", after, {{ErrorCode::Unavailable, "answered 429"}, {}});
  }
};

TEST(HostHolds, OthersWaitUntilTheTimeTheHostNamed) {
  Holding on;
  EXPECT_TRUE(on.refused(7s).hint.worth);

  EXPECT_TRUE(on.holds.wait_for("b.org", HostHolds::Patience::Some, {}));
  EXPECT_EQ(on.holds.wait_for("a.org", HostHolds::Patience::None, {}).error().error.code,
            ErrorCode::Busy);
  EXPECT_TRUE(on.waits.empty());
  EXPECT_TRUE(on.holds.wait_for("a.org", HostHolds::Patience::Some, {}));
  EXPECT_EQ(on.waits, std::vector<std::chrono::milliseconds>{7s});
}

TEST(HostHolds, TooLongAWaitFailsAtOnceWithTheTime) {
  Holding on;

  const Failure told = on.refused(1h);
  const auto next = on.holds.wait_for("a.org", HostHolds::Patience::Some, {});

  EXPECT_FALSE(told.hint.worth);
  ASSERT_FALSE(next);
  EXPECT_TRUE(on.waits.empty());
  EXPECT_TRUE(next.error().error.message.contains("a.org")) << next.error().error.message;
  EXPECT_TRUE(next.error().error.message.contains("2027-01-15T09:00:00Z"))
      << next.error().error.message;
}

TEST(HostHolds, WithoutATimeTheWaitDoublesUntilTheHostAnswers) {
  Holding on;
  for (const auto most : {1s, 2s, 4s}) {
    on.refused(std::nullopt);
    ASSERT_TRUE(on.holds.wait_for("a.org", HostHolds::Patience::Some, {}));
    EXPECT_GE(on.waits.back(), most / 2);
    EXPECT_LE(on.waits.back(), most);
  }
  on.holds.answered("a.org");
  on.refused(std::nullopt);
  ASSERT_TRUE(on.holds.wait_for("a.org", HostHolds::Patience::Some, {}));
  EXPECT_LE(on.waits.back(), 1s);
}

TEST(HostHolds, AStopEndsTheWait) {
  Holding on;
  on.refused(60s);
  std::stop_source source;
  source.request_stop();

  EXPECT_EQ(
      on.holds.wait_for("a.org", HostHolds::Patience::Some, source.get_token()).error().error.code,
      ErrorCode::Cancelled);
}

TEST(HostRate, IsSharedByTransfersThatRunTogether) {
  const std::string body = make_body(kMiB);
  ScriptedOrigin origin([&](Exchange& e) { e.send(ok(body.size()) + body); });
  HostRule rule = loopback("127.0.0.1", origin.port());
  rule.rate = kMiB;
  Upstream upstream(quick(), Policy({rule}, {}));
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 2; ++i)
      clients.emplace_back([&] {
        RecordingSink sink;
        FetchRequest request;
        request.url = Url::parse(origin.url("/x")).value();
        EXPECT_TRUE(upstream.fetcher().fetch(request, sink, {}));
        EXPECT_EQ(sink.body.size(), body.size());
      });
  }
  const auto took = std::chrono::steady_clock::now() - began;

  EXPECT_GT(took, 1500ms);  // One alone takes 1 s; the last reads come at once.
  EXPECT_LT(took, 6s);
}

}  // namespace
}  // namespace stagecache::upstream
