// Failures: the same answer for a while, the line for an hour, the ledger for long.

#include "cache_fixture.h"

namespace stagecache::cache {
namespace {

using namespace test;

constexpr std::string_view kMissing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const Headers kBrowser = {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};

class FailureMemoryTest : public CacheTest {
 protected:
  FailureMemoryTest() { upstream_options.attempts = 1; }

  std::optional<Error> error_of_open(Request request) {
    auto body = open(std::move(request));
    if (!body) return body.error();
    return read_all(**body).error;
  }
  Request browser(std::string_view path = "/x.tgz") const {
    return {.source = url(path), .headers = kBrowser};
  }
  /// A second at most: the first pause.
  bool next_try_is_due(const Request& asked) const {
    return eventually([&] { return !cache->retry_after(asked); });
  }
};

TEST_F(FailureMemoryTest, WhoAsksWithinThePauseGetsTheSameAnswerAndNobodyGoesUpstream) {
  const auto running = start([](Exchange& e) { e.send(kMissing); });

  const auto first = error_of_open(request());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->code, ErrorCode::NotFound);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(error_of_open(request()), first);

  EXPECT_EQ(requests(), 1u);
  EXPECT_EQ(cache->retry_after(request()), std::chrono::seconds(1));
  ASSERT_TRUE(next_try_is_due(request()));
  EXPECT_EQ(error_of_open(request()), first);
  EXPECT_EQ(requests(), 2u);
  EXPECT_EQ(cache->retry_after(request()), std::chrono::seconds(2));
}

TEST_F(FailureMemoryTest, APersonReadsTheLineAndAProgramTriesAgain) {
  const auto running = start([](Exchange& e) {
    if (e.number() == 0) e.send(kUnavailable);
    else serve(e, bytes_of(5000));
  });
  const auto first = error_of_open(request());
  ASSERT_TRUE(first);
  ASSERT_TRUE(next_try_is_due(request()));

  EXPECT_EQ(error_of_open(browser()), first);
  EXPECT_EQ(requests(), 1u);
  EXPECT_FALSE(error_of_open(request()));
  EXPECT_FALSE(error_of_open(browser()));  // Success forgets.
  EXPECT_EQ(requests(), 2u);
  EXPECT_FALSE(cache->know(request()).failure);
}

TEST_F(FailureMemoryTest, ABodyThatWasCutIsRememberedWithItsReason) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(200'000)); });
  const Request wrong = request("/x.tgz", digest_of("other"));

  const auto cut = error_of_open(wrong);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->code, ErrorCode::Corrupt);

  EXPECT_EQ(error_of_open(wrong), cut);
  EXPECT_EQ(requests(), 1u);
  EXPECT_EQ(cache->know(request()).failure->error, *cut);
  // Who demands no such digest is not held up.
  EXPECT_FALSE(error_of_open(request()));
}

TEST_F(FailureMemoryTest, AWarmJobTriesAtOnce) {
  const auto running = start([](Exchange& e) {
    if (e.number() == 0) e.send(kMissing);
    else serve(e, bytes_of(5000));
  });
  ASSERT_TRUE(error_of_open(request()));

  EXPECT_TRUE(ensure({.source = url()}));

  EXPECT_FALSE(error_of_open(browser()));
}

TEST_F(FailureMemoryTest, WhatTheUpstreamAsksForIsRespected) {
  const auto running = start([](Exchange& e) {
    e.send("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n");
  });

  ASSERT_TRUE(error_of_open(request()));

  EXPECT_EQ(cache->retry_after(request()), std::chrono::seconds(90));
}

TEST_F(FailureMemoryTest, WhatIsOneRequestersOwnIsNotRemembered) {
  const auto running = start([](Exchange& e) { e.send(kMissing); });
  Request mine = request();
  mine.headers = {{"Authorization", "Basic x"}};

  ASSERT_TRUE(error_of_open(mine));

  EXPECT_FALSE(cache->know(request()).failure);
  EXPECT_EQ(store->ledger({})->size(), 0u);
}

TEST_F(FailureMemoryTest, WhatStrangeFieldsBringAboutHoldsNobodyElseBack) {
  const auto running = start([](Exchange& e) {
    if (!e.field("X-Odd").empty())
      e.send("HTTP/1.1 406 Not Acceptable\r\nRetry-After: 999\r\nContent-Length: 0\r\n\r\n");
    else serve(e, bytes_of(5000));
  });
  Request odd = request();
  odd.headers = {{"X-Odd", "1"}};
  const auto refused = error_of_open(odd);
  ASSERT_TRUE(refused);

  EXPECT_EQ(error_of_open(odd), refused);
  EXPECT_EQ(requests(), 1u);
  EXPECT_FALSE(error_of_open(request()));
}

TEST_F(FailureMemoryTest, WhatIsStoredIsServedStaleWithinThePauseToo) {
  const auto running = start([](Exchange& e) {
    if (e.number() == 0) serve(e, bytes_of(5000), "ETag: \"e\"\r\nCache-Control: max-age=1\r\n");
    else e.send(kUnavailable);
  });
  ASSERT_FALSE(error_of_open(request()));
  ASSERT_TRUE(wait_until_idle());
  clock.advance(std::chrono::seconds(100));

  EXPECT_EQ(outcome_of(request()), Outcome::Stale);
  EXPECT_EQ(outcome_of(request()), Outcome::Stale);
  EXPECT_EQ(outcome_of(browser()), Outcome::Stale);

  EXPECT_EQ(requests(), 2u);
}

TEST_F(FailureMemoryTest, TheLedgerHoldsWhatFailedAndWhatWasStored) {
  const auto running = start([](Exchange& e) {
    if (e.number() == 0) e.send(kMissing);
    else serve(e, bytes_of(5000));
  });
  const auto first = error_of_open(request());
  ASSERT_TRUE(ensure({.source = url()}));

  const auto entries = store->ledger({.source_key = key()});
  ASSERT_TRUE(entries);
  ASSERT_GE(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].event, store::LedgerEvent::Failed);
  EXPECT_EQ((*entries)[0].detail, first->message);
  EXPECT_EQ((*entries)[1].event, store::LedgerEvent::Stored);
  EXPECT_EQ((*entries)[1].sha256, digest_of(bytes_of(5000)));
}

TEST_F(FailureMemoryTest, NoQueryStandsInALine) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });

  const auto cut = error_of_open(request("/x.tgz?signature=secret", digest_of("other")));

  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->message.find("secret"), std::string::npos);
}

TEST_F(FailureMemoryTest, WhatIsKnownSaysIfItIsStoredFreshAndFilling) {
  Gate gate;
  const auto running = start([&](Exchange& e) {
    gate.wait();
    serve(e, bytes_of(5000), "Cache-Control: max-age=10\r\n");
  });
  auto body = open_later(request());
  ASSERT_TRUE(eventually([this] { return cache->know(request()).filling.has_value(); }));
  EXPECT_FALSE(cache->know(request()).artifact);
  gate.open();
  ASSERT_TRUE(body.get());
  ASSERT_TRUE(wait_until_idle());

  const Knowledge fresh = cache->know(request());
  ASSERT_TRUE(fresh.artifact);
  EXPECT_TRUE(fresh.fresh);
  EXPECT_FALSE(fresh.filling);
  clock.advance(std::chrono::seconds(20));
  EXPECT_FALSE(cache->know(request()).fresh);
  EXPECT_FALSE(cache->know(request("/x.tgz", digest_of("other"))).artifact);
}

}  // namespace
}  // namespace stagecache::cache
