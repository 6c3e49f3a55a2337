#include "cache/freshness.h"

#include <gtest/gtest.h>

namespace stagecache::cache {
namespace {

const WallTime kNow = parse_http_date("Mon, 23 Nov 2026 15:28:00 GMT").value();

struct Case {
  Headers headers;
  bool may_store = true;
  std::optional<std::int64_t> lifetime_s = std::nullopt;
};

TEST(Freshness, ReadsWhatTheOriginSays) {
  const Case cases[] = {
      {{}, true, std::nullopt},
      {{{"Cache-Control", "max-age=60"}}, true, 60},
      {{{"cache-control", "MAX-AGE=60"}}, true, 60},
      {{{"Cache-Control", "public , max-age = 60 ,"}}, true, 60},
      {{{"Cache-Control", "max-age=\"60\""}}, true, 60},
      {{{"Cache-Control", "max-age=60, s-maxage=7"}}, true, 7},
      {{{"Cache-Control", "max-age=60, max-age=5"}}, true, 5},
      {{{"Cache-Control", "public"}, {"Cache-Control", "max-age=60"}}, true, 60},
      {{{"Cache-Control", "no-cache, max-age=60"}}, true, 0},
      {{{"Cache-Control", "no-store"}}, false, std::nullopt},
      {{{"Cache-Control", "private, max-age=60"}}, false, 60},
      {{{"Cache-Control", "private=\"Set-Cookie\""}}, false, std::nullopt},
      {{{"Cache-Control", "no-stores, x-private"}}, true, std::nullopt},
      {{{"Cache-Control", ",,=,;"}}, true, std::nullopt},
      // What is no number is stale at once.
      {{{"Cache-Control", "max-age"}}, true, 0},
      {{{"Cache-Control", "max-age="}}, true, 0},
      {{{"Cache-Control", "max-age=\""}}, true, 0},
      {{{"Cache-Control", "max-age=-1"}}, true, 0},
      {{{"Cache-Control", "max-age=1.5"}}, true, 0},
      {{{"Cache-Control", "max-age=60s"}}, true, 0},
      {{{"Cache-Control", "max-age=99999999999999999999"}}, true, INT32_MAX},
      // Expires counts from Date, and only without max-age.
      {{{"Expires", "Mon, 23 Nov 2026 15:29:00 GMT"}}, true, 60},
      {{{"Expires", "Mon, 23 Nov 2026 15:29:00 GMT"}, {"Date", "Mon, 23 Nov 2026 15:28:50 GMT"}},
       true,
       10},
      {{{"Expires", "Mon, 23 Nov 2026 15:29:00 GMT"}, {"Date", "yesterday"}}, true, 60},
      {{{"Expires", "Mon, 23 Nov 2026 15:29:00 GMT"}, {"Cache-Control", "max-age=5"}}, true, 5},
      {{{"Expires", "Mon, 23 Nov 2020 15:29:00 GMT"}}, true, 0},
      {{{"Expires", "0"}}, true, 0},
  };
  for (const Case& one : cases) {
    const Storability got = storability(one.headers, kNow);
    std::string what;
    for (const Header& header : one.headers) what += header.name + ": " + header.value + "; ";
    EXPECT_EQ(got.may_store, one.may_store) << what;
    EXPECT_EQ(got.lifetime_s, one.lifetime_s) << what;
  }
}

TEST(Freshness, LastsUntilTheLifetimeIsOverToTheSecond) {
  Source source{.validated_at = kNow, .lifetime_s = 60};

  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::seconds(59), std::chrono::seconds(0)));
  EXPECT_FALSE(is_fresh(source, kNow + std::chrono::seconds(60), std::chrono::seconds(0)));
}

TEST(Freshness, WithoutALifetimeTheDefaultCounts) {
  const Source source{.validated_at = kNow};

  EXPECT_FALSE(is_fresh(source, kNow, std::chrono::seconds(0)));
  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::seconds(9), std::chrono::seconds(10)));
}

TEST(Freshness, ADeclaredDigestIsGoodForEver) {
  const Source source{.strength = DigestStrength::Declared, .validated_at = kNow, .lifetime_s = 0};

  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::years(10), std::chrono::seconds(0)));
}

}  // namespace
}  // namespace stagecache::cache
