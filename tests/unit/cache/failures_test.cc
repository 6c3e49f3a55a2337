#include "src/cache/failures.h"

#include <gtest/gtest.h>

namespace stagecache::cache {
namespace {

using std::chrono::seconds;

const Failures::Name kName{.source_key = "host/x.tgz", .declared = std::nullopt};
constexpr Asker kProgram{};
constexpr Asker kPerson{.kind = Asker::Kind::Person};
const Error kError{ErrorCode::Unavailable, "https://host/x.tgz: answered 503"};

class FailuresTest : public ::testing::Test {
 protected:
  void note(const Error& error = kError, std::optional<seconds> retry_after = std::nullopt,
            std::size_t fields = 0) {
    failures.note(kName, {.error = error, .fields = fields, .retry_after = retry_after},
                  {.wall = {}, .steady = now});
  }
  bool refused(Asker asker = {}) const { return failures.refusal(kName, asker, now).has_value(); }
  /// For how long a program is refused from now on.
  seconds pause() const {
    for (seconds ahead(0);; ++ahead)
      if (!failures.refusal(kName, kProgram, now + ahead)) return ahead;
  }

  Failures failures;
  SteadyTime now{seconds(1'000'000)};
};

TEST_F(FailuresTest, ThePauseDoublesUpToAMinute) {
  for (const int expected : {1, 2, 4, 8, 16, 32, 60, 60}) {
    note();
    EXPECT_EQ(pause(), seconds(expected));
    now += pause();
  }
}

TEST_F(FailuresTest, TheSameLineIsGivenUntilTheNextTryIsDue) {
  note();

  const auto refusal = failures.refusal(kName, kProgram, now);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->error, kError);
  now += seconds(1);
  EXPECT_FALSE(refused());
}

TEST_F(FailuresTest, APersonReadsTheLineForAnHour) {
  note();

  now += seconds(3599);
  EXPECT_FALSE(refused(kProgram));
  EXPECT_TRUE(refused(kPerson));
  EXPECT_TRUE(failures.latest(kName.source_key, now));
  now += seconds(1);
  EXPECT_FALSE(refused(kPerson));
  EXPECT_FALSE(failures.latest(kName.source_key, now));
}

TEST_F(FailuresTest, AfterAnHourItBeginsFromOneSecondAgain) {
  for (int i = 0; i < 5; ++i) note();
  now += seconds(3600);

  note();

  EXPECT_EQ(pause(), seconds(1));
  EXPECT_EQ(failures.latest(kName.source_key, now)->times, 1u);
}

TEST_F(FailuresTest, WhatTheUpstreamAsksForIsRespectedButNotDoubled) {
  note(kError, seconds(300));
  EXPECT_EQ(pause(), seconds(300));
  note(kError, seconds(1'000'000));
  EXPECT_EQ(pause(), seconds(3600));
  now += seconds(3599);
  note();
  EXPECT_EQ(pause(), seconds(60));
}

TEST_F(FailuresTest, ABodyThatChangedIsBegunAnewAtOnce) {
  note({ErrorCode::Changed, "is now 7 bytes long, was 8"});

  EXPECT_FALSE(refused(kProgram));
  EXPECT_TRUE(refused(kPerson));
}

TEST_F(FailuresTest, SuccessForgets) {
  note();
  failures.forget(kName);
  EXPECT_FALSE(refused(kPerson));

  note();
  failures.forget({.source_key = kName.source_key, .declared = Sha256{}});
  EXPECT_FALSE(refused(kPerson));
}

TEST_F(FailuresTest, AWronglyDeclaredDigestIsItsOwnersTroubleAlone) {
  Sha256 wrong;
  wrong.bytes[0] = std::byte{1};
  const Failures::Name name{.source_key = kName.source_key, .declared = wrong};
  failures.note(name, {.error = kError}, {.wall = {}, .steady = now});

  EXPECT_TRUE(failures.refusal(name, kProgram, now));
  EXPECT_FALSE(refused(kPerson));
  EXPECT_TRUE(failures.latest(kName.source_key, now));
  failures.forget(kName);
  EXPECT_TRUE(failures.refusal(name, kProgram, now));
}

TEST_F(FailuresTest, TheSameFailureAgainIsNoNews) {
  const auto is_news = [&](const Error& error) {
    return failures.note(kName, {.error = error}, {.wall = {}, .steady = now}) ==
           Failures::News::Yes;
  };
  EXPECT_TRUE(is_news(kError));
  EXPECT_FALSE(is_news(kError));
  EXPECT_TRUE(is_news({ErrorCode::NotFound, "answered 404"}));
  now += Failures::kMemory;
  EXPECT_TRUE(is_news({ErrorCode::NotFound, "answered 404"}));
}

TEST_F(FailuresTest, EndlessNamesCostNoMemory) {
  const Failures::Name name{.source_key = std::string(Failures::kMaxKeyBytes + 1, 'x'),
                            .declared = std::nullopt};
  failures.note(name, {.error = kError}, {.wall = {}, .steady = now});

  EXPECT_FALSE(failures.known(name, now));
}

TEST_F(FailuresTest, TheOldestGo) {
  note();
  for (std::size_t i = 0; i < Failures::kMaxEntries; ++i)
    failures.note({.source_key = std::to_string(i), .declared = std::nullopt}, {.error = kError},
                  {.wall = {}, .steady = now});

  EXPECT_FALSE(refused(kPerson));
  EXPECT_TRUE(failures.latest("0", now));
}

TEST_F(FailuresTest, StrangeFieldsHoldBackWhoSendsThemAlone) {
  note(kError, seconds(1000), /*fields=*/666);

  EXPECT_FALSE(refused(kProgram));
  EXPECT_TRUE(refused({.fields = 666}));
  EXPECT_TRUE(refused(kPerson));
  note();
  EXPECT_TRUE(refused(kProgram));
  EXPECT_TRUE(refused({.fields = 666}));
  for (std::size_t fields = 1; fields <= Failures::kMaxKinds; ++fields)
    note(kError, seconds(1000), fields);
  EXPECT_FALSE(refused({.fields = 666}));
  EXPECT_TRUE(refused({.fields = Failures::kMaxKinds}));
}

TEST(AskerOf, KnowsBrowsersByWhatTheyAccept) {
  const auto kind = [](std::string accept) {
    return asker_of({{"Accept", std::move(accept)}}).kind;
  };
  EXPECT_EQ(kind("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            Asker::Kind::Person);
  EXPECT_EQ(kind("text/html, text/plain, */*;q=0.01"), Asker::Kind::Person);
  EXPECT_EQ(kind("*/*"), Asker::Kind::Program);
  EXPECT_EQ(kind("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"), Asker::Kind::Program);
  EXPECT_EQ(asker_of({}).kind, Asker::Kind::Program);
}

TEST(AskerOf, TellsRequestsApartByAllTheirFields) {
  const Headers curl = {{"User-Agent", "curl/7.88"}, {"Accept", "*/*"}};
  const Headers other = {{"User-Agent", "curl/7.88"}, {"Accept", "*/*"}, {"X-Odd", "1"}};

  EXPECT_EQ(asker_of(curl), asker_of(curl));
  EXPECT_NE(asker_of(curl).fields, asker_of(other).fields);
}

}  // namespace
}  // namespace stagecache::cache
