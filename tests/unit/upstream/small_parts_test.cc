// The parts of a transfer that can be looked at alone.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "stagecache/upstream/upstream.h"
#include "tests/support/scripted_dns.h"
#include "tests/unit/upstream/recording_sink.h"
#include "upstream/host_slots.h"
#include "upstream/request_headers.h"
#include "upstream/resolver.h"
#include "upstream/speed_guard.h"
#include "upstream/wording.h"

namespace stagecache::upstream {
namespace {

using Seconds = SpeedGuard::Seconds;
using stagecache::test::ScriptedDns;

TEST(SpeedGuard, EndsASilentTransferAfterItsPatience) {
  SpeedGuard guard(/*limit=*/100, Seconds(30));

  guard.waited(Seconds(29));
  EXPECT_FALSE(guard.too_slow());
  guard.waited(Seconds(1));
  EXPECT_TRUE(guard.too_slow());
}

TEST(SpeedGuard, LetsABurstHideNoStall) {
  SpeedGuard guard(100, Seconds(30));

  guard.received(1'000'000'000);
  guard.waited(Seconds(30));
  EXPECT_TRUE(guard.too_slow());
}

TEST(SpeedGuard, LetsASlowButGoodEnoughTransferRunForever) {
  SpeedGuard guard(100, Seconds(30));

  for (int second = 0; second < 10'000; ++second) {
    guard.waited(Seconds(1));
    guard.received(101);
    ASSERT_FALSE(guard.too_slow()) << second;
  }
}

TEST(SpeedGuard, GuardsNothingWithoutALimit) {
  SpeedGuard guard(0, Seconds(30));

  guard.waited(Seconds(1'000'000));
  EXPECT_FALSE(guard.too_slow());
}

TEST(HostSlots, AreNeverMoreThanTheLimit) {
  HostSlots slots;
  std::atomic<int> running{0}, most{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto slot = slots.acquire("a.org", 2, {});
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --running;
      }
    });
  threads.clear();

  EXPECT_LE(most, 2);
}

TEST(HostSlots, OfOneHostDoNotHinderAnother) {
  HostSlots slots;

  const auto one = slots.acquire("a.org", 1, {});
  EXPECT_TRUE(slots.acquire("b.org", 1, {}));
}

TEST(HostSlots, StopWaitingWhenStopped) {
  HostSlots slots;
  const auto held = slots.acquire("a.org", 1, {});
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });

  const auto refused = slots.acquire("a.org", 1, source.get_token());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Cancelled);
}

TEST(Resolver, PassesLiteralsThrough) {
  const Resolver resolver({.server = "127.0.0.1:1"});

  EXPECT_EQ(resolver.resolve("192.0.2.7", {}).value()[0].to_string(), "192.0.2.7");
  EXPECT_EQ(resolver.resolve("[2001:db8::7]", {}).value()[0].to_string(), "2001:db8::7");
}

TEST(Resolver, AsksTheServerItWasGivenAndNoHostsFile) {
  const ScriptedDns dns({{"two.example", {"192.0.2.1", "192.0.2.2"}}, {"empty.example", {}}});
  const Resolver resolver({.server = dns.server()});

  EXPECT_EQ(resolver.resolve("two.example", {}).value().size(), 2u);
  EXPECT_EQ(resolver.resolve("empty.example", {}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(resolver.resolve("none.example", {}).error().code, ErrorCode::NotFound);
}

TEST(Resolver, SaysWhenNobodyAnswersInTime) {
  const int deaf = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  ASSERT_EQ(::bind(deaf, reinterpret_cast<sockaddr*>(&any), size), 0);
  ASSERT_EQ(::getsockname(deaf, reinterpret_cast<sockaddr*>(&any), &size), 0);
  const Resolver resolver({.server = "127.0.0.1:" + std::to_string(ntohs(any.sin_port)),
                           .timeout = std::chrono::milliseconds(100)});

  EXPECT_EQ(resolver.resolve("a.example", {}).error().code, ErrorCode::TimedOut);
  ::close(deaf);
}

TEST(Resolver, NamesAnOptionThatIsNoAddress) {
  const auto refused = Resolver({.server = "not an address"}).resolve("a.example", {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::BadInput);
}

TEST(EndToEnd, DropsWhatIsOfOneConnectionOrOursOrMalformed) {
  EXPECT_EQ(end_to_end({{"Accept", "a"},
                        {"connection", "close"},
                        {"RANGE", "bytes=0-"},
                        {"If-None-Match", "x"},
                        {"Host", "evil.org"},
                        {"Accept-Encoding", "gzip"},
                        {"X-Split", "a\r\nHost: evil.org"},
                        {"X-Own", ""}}),
            (Headers{{"Accept", "a"}, {"X-Own", ""}}));
}

TEST(Printable, HidesTheQuery) {
  EXPECT_EQ(printable(Url::parse("https://a.org/x?signature=secret").value()),
            "https://a.org/x?...");
}

}  // namespace
}  // namespace stagecache::upstream
