#include "upstream/offline_gate.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

#include "stagecache/upstream/upstream.h"
#include "tests/unit/upstream/recording_sink.h"
#include "tests/unit/upstream/scripted_fetcher.h"

namespace stagecache::upstream {
namespace {

using test::request_for;

/// Runs until it is stopped.
class EndlessFetcher final : public Fetcher {
 public:
  std::latch begun{1};

  Status fetch(const FetchRequest&, Sink&, std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    begun.count_down();
    stopped.wait(lock, stop, [] { return false; });
    return fail(ErrorCode::Cancelled, "stopped");
  }
};

TEST(OfflineGate, AsksNobodyWhileClosedAndNamesTheUrlWithoutItsSecrets) {
  test::ScriptedFetcher inner({});
  OfflineGate gate(inner, OfflineGate::State::Closed);
  test::RecordingSink sink;

  const auto status = gate.fetch(request_for("https://a.org/x?s=1"), sink, {});

  EXPECT_EQ(status.error().code, ErrorCode::TimedOut);
  EXPECT_TRUE(status.error().message.starts_with("https://a.org/x?... is not stored"));
  EXPECT_TRUE(inner.requests.empty());
}

TEST(OfflineGate, ClosingItEndsWhatRuns) {
  EndlessFetcher inner;
  OfflineGate gate(inner, OfflineGate::State::Open);
  Status status;
  std::jthread fetching([&] {
    test::RecordingSink sink;
    status = gate.fetch(request_for("https://a.org/x"), sink, {});
  });
  inner.begun.wait();

  gate.close();
  fetching.join();

  EXPECT_EQ(status.error().code, ErrorCode::TimedOut);
  EXPECT_EQ(status.error(), offline_error(request_for("https://a.org/x").url));
}

TEST(OfflineGate, AnEndForAnotherReasonKeepsItsReason) {
  EndlessFetcher inner;
  OfflineGate gate(inner, OfflineGate::State::Open);
  std::stop_source stop;
  Status status;
  std::jthread fetching([&] {
    test::RecordingSink sink;
    status = gate.fetch(request_for("https://a.org/x"), sink, stop.get_token());
  });
  inner.begun.wait();

  stop.request_stop();
  fetching.join();

  EXPECT_EQ(status.error().code, ErrorCode::Cancelled);
}

TEST(OfflineGate, OpensAgainAndAgain) {
  test::ScriptedFetcher inner({test::deliver("body", 4), test::deliver("body", 4)});
  OfflineGate gate(inner, OfflineGate::State::Closed);
  for (int i = 0; i < 2; ++i) {
    test::RecordingSink sink;
    gate.open();
    gate.open();

    EXPECT_TRUE(gate.fetch(request_for("https://a.org/x"), sink, {}));

    gate.close();
    gate.close();
    EXPECT_EQ(gate.state(), OfflineGate::State::Closed);
  }
}

TEST(Upstream, StartsOfflineWhereTheOptionsSaySo) {
  Upstream upstream({.resolver = {}, .proxy = {}, .ca_file = {}, .offline = true}, Policy({}, {}));
  test::RecordingSink sink;

  EXPECT_TRUE(upstream.offline());
  EXPECT_EQ(upstream.fetcher().fetch(request_for("https://a.org/x"), sink, {}).error(),
            upstream.offline_error(request_for("https://a.org/x").url));

  upstream.go_online();
  EXPECT_FALSE(upstream.offline());
}

}  // namespace
}  // namespace stagecache::upstream
