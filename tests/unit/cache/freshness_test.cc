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
      {{{"Cache-Control", "private=\"a, max-age=5\", max-age=7"}}, false, 7},
      {{{"Cache-Control", "no-cache=\"Set-Cookie\", max-age=60"}}, true, 0},
      {{{"Cache-Control", "no-stores, x-private"}}, true, std::nullopt},
      {{{"Pragma", "no-cache"}}, true, 0},
      {{{"Pragma", "no-cache"}, {"Cache-Control", "max-age=60"}}, true, 60},
      {{{"Vary", "*"}}, false, std::nullopt},
      {{{"Vary", "Accept, *"}}, false, std::nullopt},
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
    const Terms got = terms_of(one.headers, {}, kNow);
    std::string what;
    for (const Header& header : one.headers) what += header.name + ": " + header.value + "; ";
    EXPECT_EQ(got.may_store, one.may_store) << what;
    EXPECT_EQ(got.lifetime_s, one.lifetime_s) << what;
  }
}

TEST(Freshness, LastsUntilTheLifetimeIsOverToTheSecond) {
  Source source{.validated_at = kNow, .lifetime_s = 60};

  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::seconds(59), Lifetimes{}));
  EXPECT_FALSE(is_fresh(source, kNow + std::chrono::seconds(60), Lifetimes{}));
}

TEST(Freshness, WithoutALifetimeTheDefaultCounts) {
  const Source source{.validated_at = kNow};

  EXPECT_FALSE(is_fresh(source, kNow, Lifetimes{}));
  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::seconds(9),
                       Lifetimes{.fallback = std::chrono::seconds(10)}));
}

TEST(Freshness, ADeclaredDigestIsGoodForEver) {
  const Source source{.strength = DigestStrength::Declared, .validated_at = kNow, .lifetime_s = 0};

  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::years(10), Lifetimes{}));
}

TEST(Freshness, WithoutAnyWordATenthOfTheTimeUnchangedMayBeGuessed) {
  const Source source{.validators = {"", "Mon, 23 Nov 2026 15:18:00 GMT"}, .validated_at = kNow};
  const Lifetimes day{.heuristic_limit = std::chrono::hours(24)};
  const Lifetimes short_limit{.heuristic_limit = std::chrono::seconds(10)};

  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::seconds(59), day));
  EXPECT_FALSE(is_fresh(source, kNow + std::chrono::seconds(60), day));
  EXPECT_FALSE(is_fresh(source, kNow + std::chrono::seconds(10), short_limit));
  EXPECT_FALSE(is_fresh(source, kNow, Lifetimes{}));
  EXPECT_FALSE(is_fresh(Source{.validated_at = kNow}, kNow, day)) << "no date, no guess";
}

TEST(Freshness, WhatWasOldWhenItCameIsStaleEarlier) {
  const auto age_of = [](const Headers& headers) {
    return terms_of(headers, {}, kNow).initial_age_s;
  };
  EXPECT_EQ(age_of({}), 0);
  EXPECT_EQ(age_of({{"Age", "30"}}), 30);
  EXPECT_EQ(age_of({{"Age", "soon"}}), 0);
  EXPECT_EQ(age_of({{"Age", "-3"}}), 0);
  EXPECT_EQ(age_of({{"Date", "Mon, 23 Nov 2026 15:27:00 GMT"}}), 60);
  EXPECT_EQ(age_of({{"Date", "Mon, 23 Nov 2026 15:27:00 GMT"}, {"Age", "90"}}), 90);
  EXPECT_EQ(age_of({{"Date", "Mon, 23 Nov 2026 15:29:00 GMT"}}), 0) << "a clock ahead of ours";

  const Source source{.validated_at = kNow, .lifetime_s = 60, .initial_age_s = 50};
  EXPECT_TRUE(is_fresh(source, kNow + std::chrono::seconds(9), Lifetimes{}));
  EXPECT_FALSE(is_fresh(source, kNow + std::chrono::seconds(10), Lifetimes{}));
}

TEST(Freshness, SomeAnswersMayNotBeServedStale) {
  for (const char* directive :
       {"must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=60", "Must-Revalidate"})
    EXPECT_TRUE(terms_of({{"Cache-Control", directive}}, {}, kNow).stale_forbidden) << directive;
  for (const char* directive : {"", "max-age=60", "public", "no-transform"})
    EXPECT_FALSE(terms_of({{"Cache-Control", directive}}, {}, kNow).stale_forbidden) << directive;
}

TEST(Freshness, ARequestMayWantItFresherOrTakeItStaler) {
  const Source source{.validated_at = kNow, .lifetime_s = 60};
  const auto good = [&](const char* directive, int after_s) {
    return is_good_for(source, {{"Cache-Control", directive}}, kNow + std::chrono::seconds(after_s),
                       Lifetimes{});
  };
  EXPECT_TRUE(good("max-age=10", 10));
  EXPECT_FALSE(good("max-age=10", 11));
  EXPECT_TRUE(good("min-fresh=20", 40));
  EXPECT_FALSE(good("min-fresh=20", 41));
  EXPECT_FALSE(good("no-cache", 0));
  EXPECT_TRUE(good("max-stale", 1000));
  EXPECT_TRUE(good("max-stale=5", 65));
  EXPECT_FALSE(good("max-stale=5", 66));
  EXPECT_FALSE(good("", 60));

  Source strict = source;
  strict.stale_forbidden = true;
  EXPECT_FALSE(is_good_for(strict, {{"Cache-Control", "max-stale"}},
                           kNow + std::chrono::seconds(60), Lifetimes{}));
  EXPECT_FALSE(is_good_for(source, {{"Pragma", "no-cache"}}, kNow, Lifetimes{}));
  Source declared = source;
  declared.strength = DigestStrength::Declared;
  EXPECT_TRUE(is_good_for(declared, {{"Cache-Control", "no-cache"}}, kNow, Lifetimes{}));
}

TEST(Vary, SelectsByTheRequestsFieldsOfThoseNames) {
  const auto vary = [](const char* names, const Headers& request) {
    return terms_of({{"Vary", names}}, request, kNow).vary;
  };
  EXPECT_TRUE(vary("Accept-Encoding, user-agent", {{"Accept-Encoding", "gzip"}}).empty())
      << "we send our own, always the same";
  EXPECT_TRUE(selects(vary("X-Kind", {{"X-Kind", "a"}}), {{"x-kind", "a"}}));
  EXPECT_FALSE(selects(vary("X-Kind", {{"X-Kind", "a"}}), {{"X-Kind", "b"}}));
  EXPECT_FALSE(selects(vary("X-Kind", {{"X-Kind", "a"}}), {}));
  EXPECT_FALSE(selects(vary("X-Kind", {}), {{"X-Kind", "a"}}));
  EXPECT_TRUE(selects(vary("X-Kind", {}), {{"Other", "a"}}));
  EXPECT_TRUE(selects(vary("X-Kind", {{"X-Kind", "a , b"}}), {{"X-Kind", "a"}, {"X-Kind", "b"}}));
  EXPECT_FALSE(selects(vary("A, B", {{"A", "1"}, {"B", "2"}}), {{"A", "1"}, {"B", "3"}}));
  EXPECT_TRUE(selects(vary("Accept", {{"Accept", "*/*"}}), {}))
      << "to take everything is to say nothing";
  EXPECT_FALSE(selects(vary("*", {}), {})) << "nothing is like it";
}

TEST(StrongDate, IsOfASecondThatWasOverWhenTheOriginAnswered) {
  const auto second = parse_http_date("Mon, 23 Nov 2026 15:28:00 GMT").value();

  EXPECT_TRUE(is_strong_date("Mon, 23 Nov 2026 15:28:00 GMT", second + std::chrono::seconds(1)));
  EXPECT_FALSE(is_strong_date("Mon, 23 Nov 2026 15:28:00 GMT", second));
  EXPECT_FALSE(is_strong_date("Mon, 23 Nov 2026 15:28:00 GMT", second - std::chrono::seconds(9)));
  EXPECT_FALSE(is_strong_date("", second));
}

TEST(FieldsForCaches, AreTheOriginsDirectivesOrTheLifetimeThatExpiresCameTo) {
  const Headers vary{{"A", "1"}, {"B", ""}};

  EXPECT_EQ(fields_for_caches("private", 60, {}), (Headers{{"Cache-Control", "private"}}));
  EXPECT_EQ(fields_for_caches("", 60, {}), (Headers{{"Cache-Control", "max-age=60"}}));
  EXPECT_EQ(fields_for_caches("", std::nullopt, vary), (Headers{{"Vary", "A, B"}}));
  EXPECT_EQ(terms_of({{"Cache-Control", "a"}, {"cache-control", "b"}}, {}, kNow).cache_control,
            "a, b");
}

TEST(VersionName, IsADigitADotADigit) {
  for (const char* name : {"spark-3.5.7-bin-hadoop3.tgz", "openjdk-1.8.0_91.tar.gz", "x-1.0"})
    EXPECT_TRUE(names_a_version(name)) << name;
  for (const char* name : {"", ".", "1.", ".1", "latest.tar.gz", "index.yml", "jdk-17.tar.gz",
                           "amazon-corretto-17-x64-linux-jdk.tar.gz"})
    EXPECT_FALSE(names_a_version(name)) << name;
}

}  // namespace
}  // namespace stagecache::cache
