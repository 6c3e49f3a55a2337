#include "upstream/retrying.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/upstream/recording_sink.h"
#include "tests/unit/upstream/scripted_fetcher.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using test::deliver;
using test::RecordingSink;
using test::refuse;
using test::ScriptedFetcher;

const std::string kBody = "0123456789";

/// A Retrying that does not sleep, over a script.
struct Bench {
  explicit Bench(std::vector<ScriptedFetcher::Step> steps) : inner(std::move(steps)) {}

  Status fetch(bool digest_known = false) {
    FetchRequest request = test::request_for("https://a.org/x");
    request.digest_known = digest_known;
    return retrying.fetch(request, sink, {});
  }

  Options options{.resolver = {},
                  .proxy = {},
                  .ca_file = {},
                  .attempts = 3,
                  .first_backoff = 100ms,
                  .longest_backoff = 300ms};
  ScriptedFetcher inner;
  SharedCounters counters;
  std::vector<std::chrono::milliseconds> waits;
  RecordingSink sink;
  Retrying retrying{inner, options, counters, [this](auto pause, const std::stop_token&) {
                      waits.push_back(pause);
                      return true;
                    }};
};

TEST(Retrying, GoesOnAtTheByteItReached) {
  Bench bench({deliver(kBody, 3), deliver(kBody, 7), deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());

  EXPECT_EQ(bench.sink.body, kBody);
  EXPECT_EQ(bench.sink.head->total_size, 10u);
  ASSERT_EQ(bench.inner.requests.size(), 3u);
  EXPECT_EQ(bench.inner.requests[1].offset, 3u);
  EXPECT_EQ(bench.inner.requests[2].offset, 7u);
  EXPECT_EQ(bench.inner.requests[1].validators.etag, "\"e\"");
  EXPECT_EQ(bench.inner.requests[1].expected_size, 10u);
  EXPECT_EQ(bench.counters.read().retries, 2u);
  EXPECT_EQ(bench.counters.read().resumes, 2u);
}

TEST(Retrying, CountsOnlyTriesWithoutProgress) {
  Bench bench({deliver(kBody, 1), refuse(ErrorCode::TimedOut), deliver(kBody, 2),
               refuse(ErrorCode::TimedOut), refuse(ErrorCode::Unavailable), deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());

  EXPECT_EQ(bench.sink.body, kBody);
}

TEST(Retrying, GivesUpAfterSoManyTriesAndSaysSo) {
  Bench bench(
      {refuse(ErrorCode::TimedOut), refuse(ErrorCode::TimedOut), refuse(ErrorCode::TimedOut)});

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error(),
            (Error{ErrorCode::TimedOut, "gave up after 3 tries: https://a.org/x: timed_out"}));
  EXPECT_EQ(bench.inner.requests.size(), 3u);
}

TEST(Retrying, DoublesThePauseWithJitterUpToTheLongest) {
  Bench bench({refuse(ErrorCode::TimedOut), refuse(ErrorCode::TimedOut),
               refuse(ErrorCode::TimedOut), refuse(ErrorCode::TimedOut),
               refuse(ErrorCode::TimedOut)});
  bench.options.attempts = 5;

  ASSERT_FALSE(bench.fetch());

  ASSERT_EQ(bench.waits.size(), 4u);
  const std::vector<std::chrono::milliseconds> steps = {100ms, 200ms, 300ms, 300ms};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_GE(bench.waits[i], steps[i] / 2);
    EXPECT_LE(bench.waits[i], steps[i]);
  }
}

TEST(Retrying, WaitsAsLongAsTheUpstreamAsksButNotForever) {
  Bench bench({refuse(ErrorCode::Unavailable, {.worth = true, .after = 7s}),
               refuse(ErrorCode::Unavailable, {.worth = true, .after = 1h}), deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());

  EXPECT_EQ(bench.waits, (std::vector<std::chrono::milliseconds>{7s, 120s}));
}

class NeverRetried : public testing::TestWithParam<ErrorCode> {};
TEST_P(NeverRetried, EndsAtOnceWithItsOwnError) {
  Bench bench({refuse(GetParam()), deliver(kBody, 10)});

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, GetParam());
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}
INSTANTIATE_TEST_SUITE_P(Codes, NeverRetried,
                         testing::Values(ErrorCode::Denied, ErrorCode::NotFound, ErrorCode::Gone,
                                         ErrorCode::Changed, ErrorCode::Cancelled,
                                         ErrorCode::BadInput));

TEST(Retrying, NeverRetriesWhatIsNotWorthIt) {
  Bench bench({refuse(ErrorCode::Unavailable, {.worth = false, .after = {}}), deliver(kBody, 10)});

  EXPECT_FALSE(bench.fetch());
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}

TEST(Retrying, NeverRetriesTheSinksOwnError) {
  Bench bench({deliver(kBody, 10), deliver(kBody, 10)});
  bench.sink.before_body = [] { return fail(ErrorCode::Unavailable, "store is gone"); };

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "store is gone");
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}

TEST(Retrying, CannotResumeWhatNothingProves) {
  Bench bench({deliver(kBody, 3, ""), deliver(kBody, 10, "")});

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(status.error().message.contains("cannot be resumed")) << status.error().message;
  EXPECT_EQ(bench.inner.requests.size(), 1u);
}

TEST(Retrying, ResumesWithoutValidatorsWhenADigestWillProveIt) {
  Bench bench({deliver(kBody, 3, ""), deliver(kBody, 10, "")});

  ASSERT_TRUE(bench.fetch(/*digest_known=*/true));
  EXPECT_EQ(bench.sink.body, kBody);
}

TEST(Retrying, NoticesAnotherBodyEvenWhenOnlyTheHeadHadCome) {
  Bench bench({deliver(kBody, 0, "\"one\""), deliver(kBody, 10, "\"two\"")});

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Changed);
  EXPECT_EQ(bench.sink.body, "");
}

TEST(Retrying, ResumesWhereTheBytesCameFrom) {
  Bench bench({[](const FetchRequest& request, Sink& sink) {
                 FetchRequest mirror = request;
                 mirror.url = Url::parse("https://mirror.org/x").value();
                 return deliver(kBody, 3)(mirror, sink);
               },
               deliver(kBody, 10)});

  ASSERT_TRUE(bench.fetch());

  EXPECT_EQ(bench.inner.requests[1].url.host, "a.org");
  EXPECT_EQ(bench.inner.requests[1].held_from->host, "mirror.org");
}

TEST(WaitOrStop, EndsAtOnceWhenStopped) {
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });

  EXPECT_FALSE(wait_or_stop(1h, source.get_token()));
  EXPECT_TRUE(wait_or_stop(1ms, {}));
}

}  // namespace
}  // namespace stagecache::upstream
