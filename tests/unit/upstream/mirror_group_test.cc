#include "upstream/mirror_group.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/unit/upstream/recording_sink.h"
#include "tests/unit/upstream/scripted_fetcher.h"

namespace stagecache::upstream {
namespace {

using test::deliver;
using test::RecordingSink;
using test::refuse;
using test::ScriptedFetcher;
using Texts = std::vector<std::string>;

const std::string kBody = "0123456789";
constexpr RetryHint kPointless{.worth = false, .after = {}};

/// https://a.org/... is also at b.org and c.org.
struct Bench {
  explicit Bench(std::vector<ScriptedFetcher::Step> steps) : inner(std::move(steps)) {}
  Status fetch() { return group.fetch(request, sink, {}); }

  const Policy policy{{}, {{.prefix = "a.org/", .also = {"b.org/", "c.org/"}}}};
  FetchRequest request = test::request_for("https://a.org/x");
  ScriptedFetcher inner;
  RecordingSink sink;
  FakeClock clock;
  MirrorGroup group{inner, policy, clock};
};

TEST(MirrorGroup, AsksNobodyElseWhenTheFirstAnswers) {
  Bench bench({deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://a.org/x"}));
}

class Elsewhere : public testing::TestWithParam<ErrorCode> {};
TEST_P(Elsewhere, IsAskedInOrder) {
  Bench bench({refuse(GetParam()), refuse(GetParam()), deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://a.org/x", "https://b.org/x", "https://c.org/x"}));
  EXPECT_EQ(bench.sink.body, kBody);
}
INSTANTIATE_TEST_SUITE_P(Codes, Elsewhere,
                         testing::Values(ErrorCode::NotFound, ErrorCode::Gone,
                                         ErrorCode::Unavailable, ErrorCode::TimedOut));

TEST(MirrorGroup, AsksNobodyElseWhenTheUrlItselfIsDenied) {
  Bench bench({refuse(ErrorCode::Denied), deliver(kBody, 10)});

  EXPECT_EQ(bench.fetch().error().code, ErrorCode::Denied);
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}

TEST(MirrorGroup, PassesOverAMirrorThatIsDenied) {
  Bench bench({refuse(ErrorCode::NotFound), refuse(ErrorCode::Denied), deliver(kBody, 10)});

  EXPECT_TRUE(bench.fetch());
}

TEST(MirrorGroup, StaysWhereTheHeadCameFrom) {
  Bench bench({deliver(kBody, 3), deliver(kBody, 10)});

  EXPECT_EQ(bench.fetch().error(), (Error{ErrorCode::Unavailable, "broke"}));
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}

TEST(MirrorGroup, TellsTheFirstNotFoundAndWhatWasTried) {
  Bench bench({refuse(ErrorCode::Unavailable, kPointless), refuse(ErrorCode::NotFound, kPointless),
               refuse(ErrorCode::Unavailable, kPointless)});

  EXPECT_EQ(bench.fetch().error(),
            (Error{ErrorCode::NotFound,
                   "https://b.org/x: not_found (tried https://a.org/x, https://b.org/x, "
                   "https://c.org/x)"}));
}

TEST(MirrorGroup, TellsAFailureThatMayPassBeforeAMirrorsNotFound) {
  Bench bench({refuse(ErrorCode::Unavailable, {.worth = true, .after = std::chrono::seconds(9)}),
               refuse(ErrorCode::NotFound, kPointless), refuse(ErrorCode::NotFound, kPointless)});

  EXPECT_EQ(bench.fetch().error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(bench.sink.hint.worth);
  EXPECT_EQ(bench.sink.hint.after, std::chrono::seconds(9));
}

TEST(MirrorGroup, ResumesElsewhereOnlyWithADigest) {
  const auto resume = [](bool digest_known) {
    Bench bench({refuse(ErrorCode::Unavailable), deliver(kBody, 10)});
    bench.request.offset = 4;
    bench.request.validators.etag = "\"e\"";
    bench.request.digest_known = digest_known;
    const Status status = bench.fetch();
    if (status) {
      EXPECT_EQ(bench.inner.requests[1].validators, Validators{}) << "another server's ETag";
      EXPECT_EQ(bench.sink.body, "456789");
    }
    return status.has_value();
  };

  EXPECT_TRUE(resume(true));
  EXPECT_FALSE(resume(false));
}

TEST(MirrorGroup, ResumesFirstWhereTheBytesCameFrom) {
  Bench bench({deliver(kBody, 10)});
  bench.request.offset = 4;
  bench.request.validators.etag = "\"e\"";
  bench.request.held_from = Url::parse("https://b.org/x").value();

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://b.org/x"}));
  EXPECT_EQ(bench.inner.requests[0].validators.etag, "\"e\"");
}

TEST(MirrorGroup, KeepsCredentialsFromMirrors) {
  Bench bench({refuse(ErrorCode::NotFound), deliver(kBody, 10)});
  bench.request.headers = {{"Authorization", "secret"}, {"Accept", "a/b"}};

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.requests[0].headers.size(), 2u);
  EXPECT_EQ(bench.inner.requests[1].headers, (Headers{{"Accept", "a/b"}}));
}

TEST(MirrorGroup, TriesTheOtherSpellingOfPlusOnceOnNotFound) {
  Bench bench({refuse(ErrorCode::NotFound), deliver(kBody, 10)});
  bench.request = test::request_for("https://z.org/jdk-17.0.1+12.tgz?a+b");

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://z.org/jdk-17.0.1+12.tgz?a+b",
                                        "https://z.org/jdk-17.0.1%2B12.tgz?a+b"}));
}

TEST(MirrorGroup, KeepsTheSpellingForOtherErrors) {
  Bench bench({refuse(ErrorCode::Unavailable), deliver(kBody, 10)});
  bench.request = test::request_for("https://z.org/jdk-17%2B12.tgz");

  EXPECT_FALSE(bench.fetch());
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}

TEST(MirrorGroup, TellsValidatorsToThePlaceThatGaveThemOnly) {
  Bench bench({refuse(ErrorCode::Unavailable), deliver(kBody, 10)});
  bench.request.conditional = true;
  bench.request.validators.etag = "\"e\"";
  bench.request.held_from = Url::parse("https://b.org/x").value();

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://b.org/x", "https://a.org/x"}));
  EXPECT_EQ(bench.inner.requests[0].validators.etag, "\"e\"");
  EXPECT_TRUE(bench.inner.requests[0].conditional);
  EXPECT_EQ(bench.inner.requests[1].validators, Validators{});
  EXPECT_FALSE(bench.inner.requests[1].conditional);
}

// Two ports of one host are two servers.
TEST(MirrorGroup, TakesAnotherPortOrPathForAnotherPlace) {
  const Policy policy({}, {{.prefix = "a.org/", .also = {"a.org:8443/", "a.org/y/"}}});
  Bench bench({refuse(ErrorCode::NotFound), refuse(ErrorCode::NotFound), deliver(kBody, 10)});
  MirrorGroup group{bench.inner, policy, bench.clock};
  bench.request.conditional = true;
  bench.request.validators.etag = "\"e\"";

  ASSERT_TRUE(group.fetch(bench.request, bench.sink, {}));
  EXPECT_EQ(bench.inner.requests[1].validators, Validators{});
  EXPECT_EQ(bench.inner.requests[2].validators, Validators{});
}

TEST(MirrorGroup, AsksNoPlaceThatIsNoneOfTheUrlAnyMore) {
  Bench bench({deliver(kBody, 10)});
  bench.request.conditional = true;
  bench.request.held_from = Url::parse("https://gone.org/x").value();

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://a.org/x"}));
}

TEST(MirrorGroup, HurriedAsksTheHoldingPlaceAlone) {
  Bench bench({refuse(ErrorCode::TimedOut), deliver(kBody, 10)});
  bench.request.hurried = bench.request.conditional = true;
  bench.request.held_from = Url::parse("https://c.org/x").value();

  EXPECT_EQ(bench.fetch().error().code, ErrorCode::TimedOut);
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://c.org/x"}));
}

// Else a release that left the fast mirror would be a 404 for us.
TEST(MirrorGroup, HurriedGoesOnWhereAMirrorHasTheFileNoMore) {
  Bench bench({refuse(ErrorCode::NotFound), deliver(kBody, 10)});
  bench.request.hurried = bench.request.conditional = true;
  bench.request.held_from = Url::parse("https://c.org/x").value();

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://c.org/x", "https://a.org/x"}));
}

TEST(MirrorGroup, GoesOnElsewhereWhenAPlaceGivesNothingMore) {
  const auto resume = [](bool digest_known) {
    Bench bench({deliver(kBody, 4), deliver(kBody, 10)});
    bench.request.offset = 4;
    bench.request.validators.etag = "\"e\"";
    bench.request.digest_known = digest_known;
    return bench.fetch() ? bench.sink.body : "broke";
  };

  EXPECT_EQ(resume(true), "456789");
  EXPECT_EQ(resume(false), "broke");
}

/// b.org is asked before a.org.
struct FastBench : Bench {
  using Bench::Bench;
  Status fetch() {
    sink.head.reset();
    return group.fetch(request, sink, {});
  }

  const Policy policy{{},
                      {{.prefix = "a.org/", .also = {"b.org/"}, .when = MirrorRule::When::First}}};
  MirrorGroup group{inner, policy, clock};
};

TEST(FastMirror, IsAskedFirst) {
  FastBench bench({deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://b.org/x"}));
}

TEST(FastMirror, IsNotAskedForHoursWhatItDoesNotHold) {
  FastBench bench({refuse(ErrorCode::NotFound), deliver(kBody, 10), deliver(kBody, 10),
                   deliver(kBody, 10), deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());
  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked(), (Texts{"https://b.org/x", "https://a.org/x", "https://a.org/x"}));
  bench.request.url = Url::parse("https://a.org/y").value();
  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked().back(), "https://b.org/y") << "only that file is missing";
  bench.request.url = Url::parse("https://a.org/x").value();
  bench.clock.advance(Absences::kMissing + std::chrono::seconds(1));
  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked().back(), "https://b.org/x");
}

TEST(FastMirror, IsLeftOutForAMinuteWhenItIsDown) {
  FastBench bench(
      {refuse(ErrorCode::TimedOut), deliver(kBody, 10), deliver(kBody, 10), deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());
  bench.request.url = Url::parse("https://a.org/y").value();
  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked().back(), "https://a.org/y") << "its host is down";
  bench.clock.advance(Absences::kDown + std::chrono::seconds(1));
  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.inner.asked().back(), "https://b.org/y");
}

TEST(FastMirror, DecidesNothingByItsFailure) {
  FastBench bench({refuse(ErrorCode::Unavailable), refuse(ErrorCode::NotFound, kPointless)});

  EXPECT_EQ(bench.fetch().error(),
            (Error{ErrorCode::NotFound,
                   "https://a.org/x: not_found (tried https://b.org/x, https://a.org/x)"}));
  EXPECT_FALSE(bench.sink.hint.worth);
}

TEST(FastMirror, ThatIsNotAllowedIsPassedOverAndADeniedUrlIsNot) {
  FastBench passed({refuse(ErrorCode::Denied), deliver(kBody, 10)});
  FastBench denied({refuse(ErrorCode::NotFound), refuse(ErrorCode::Denied)});

  EXPECT_TRUE(passed.fetch());
  EXPECT_EQ(denied.fetch().error().code, ErrorCode::Denied);
}

TEST(OtherSpelling, TurnsEverySignOfThePath) {
  const auto turned = [](std::string_view text) {
    const auto other = other_spelling(Url::parse(text).value());
    return other ? other->to_string() : "";
  };

  EXPECT_EQ(turned("https://z.org/a+b+c"), "https://z.org/a%2Bb%2Bc");
  EXPECT_EQ(turned("https://z.org/a%2Bb%2bc"), "https://z.org/a+b+c");
  EXPECT_EQ(turned("https://z.org/abc?d+e"), "");
}

}  // namespace
}  // namespace stagecache::upstream
