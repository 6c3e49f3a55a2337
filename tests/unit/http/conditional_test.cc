#include "stagecache/http/conditional.h"

#include <gtest/gtest.h>

namespace stagecache::http {
namespace {

constexpr const char* kDate = "Mon, 23 Nov 2026 15:28:00 GMT";
constexpr const char* kEarlier = "Sun, 22 Nov 2026 15:28:00 GMT";
constexpr const char* kLater = "Tue, 24 Nov 2026 15:28:00 GMT";

struct ConditionCase {
  const char* name;
  Headers headers;
  Condition expected;
};

class EvaluateConditions : public testing::TestWithParam<ConditionCase> {};

TEST_P(EvaluateConditions, OfAnAnswerWithTagAAndADate) {
  EXPECT_EQ(evaluate_conditions(GetParam().headers, {"\"a\"", kDate}), GetParam().expected);
}

constexpr auto kProceed = Condition::Proceed;
constexpr auto kNotModified = Condition::NotModified;
constexpr auto kFailed = Condition::PreconditionFailed;

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, EvaluateConditions, testing::Values(
    ConditionCase{"None", {}, kProceed},
    ConditionCase{"NoneMatchSame", {{"If-None-Match", "\"a\""}}, kNotModified},
    ConditionCase{"NoneMatchOther", {{"If-None-Match", "\"b\""}}, kProceed},
    ConditionCase{"NoneMatchIsWeak", {{"If-None-Match", "W/\"a\""}}, kNotModified},
    ConditionCase{"NoneMatchList", {{"If-None-Match", "\"b\", \"a\""}}, kNotModified},
    ConditionCase{"NoneMatchListWithACommaInATag", {{"If-None-Match", "\"b,\\\", \"a\""}}, kNotModified},
    ConditionCase{"NoneMatchInTwoFields", {{"If-None-Match", "\"b\""}, {"if-none-match", "\"a\""}}, kNotModified},
    ConditionCase{"MatchInTwoFields", {{"If-Match", "\"b\""}, {"If-Match", "\"a\""}}, kProceed},
    ConditionCase{"NoneMatchStar", {{"If-None-Match", "*"}}, kNotModified},
    ConditionCase{"NoneMatchUnquoted", {{"If-None-Match", "a"}}, kProceed},
    ConditionCase{"ModifiedSinceTheSame", {{"If-Modified-Since", kDate}}, kNotModified},
    ConditionCase{"ModifiedSinceLater", {{"If-Modified-Since", kLater}}, kNotModified},
    ConditionCase{"ModifiedSinceEarlier", {{"If-Modified-Since", kEarlier}}, kProceed},
    ConditionCase{"ModifiedSinceNonsense", {{"If-Modified-Since", "yesterday"}}, kProceed},
    ConditionCase{"NoneMatchWinsOverTheDate",
                  {{"If-None-Match", "\"b\""}, {"If-Modified-Since", kDate}}, kProceed},
    ConditionCase{"BothAsCacheddownloaderSends",
                  {{"If-None-Match", "\"a\""}, {"If-Modified-Since", kDate}}, kNotModified},
    ConditionCase{"MatchSame", {{"If-Match", "\"a\""}}, kProceed},
    ConditionCase{"MatchOther", {{"If-Match", "\"b\""}}, kFailed},
    ConditionCase{"MatchIsStrong", {{"If-Match", "W/\"a\""}}, kFailed},
    ConditionCase{"MatchStar", {{"If-Match", "*"}}, kProceed},
    ConditionCase{"UnmodifiedSinceTheSame", {{"If-Unmodified-Since", kDate}}, kProceed},
    ConditionCase{"UnmodifiedSinceEarlier", {{"If-Unmodified-Since", kEarlier}}, kFailed},
    ConditionCase{"MatchWinsOverUnmodifiedSince",
                  {{"If-Match", "\"a\""}, {"If-Unmodified-Since", kEarlier}}, kProceed},
    ConditionCase{"FailedWinsOverNotModified",
                  {{"If-None-Match", "\"a\""}, {"If-Match", "\"b\""}}, kFailed}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(EvaluateConditionsWithoutValidators, MatchesOnlyTheStar) {
  EXPECT_EQ(evaluate_conditions({{"If-None-Match", "\"a\""}}, {}), Condition::Proceed);
  EXPECT_EQ(evaluate_conditions({{"If-None-Match", "*"}}, {}), Condition::NotModified);
  EXPECT_EQ(evaluate_conditions({{"If-Match", "\"a\""}}, {}), Condition::PreconditionFailed);
  EXPECT_EQ(evaluate_conditions({{"If-Modified-Since", kDate}}, {}), Condition::Proceed);
}

struct IfRangeCase {
  const char* name;
  const char* value;
  bool holds;
};

class IfRange : public testing::TestWithParam<IfRangeCase> {};

TEST_P(IfRange, OfAnAnswerWithTagAAndADate) {
  EXPECT_EQ(if_range_holds({{"If-Range", GetParam().value}}, {"\"a\"", kDate}), GetParam().holds);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, IfRange,
    testing::Values(IfRangeCase{"SameTag", "\"a\"", true}, IfRangeCase{"OtherTag", "\"b\"", false},
                    IfRangeCase{"WeakTag", "W/\"a\"", false}, IfRangeCase{"SameDate", kDate, true},
                    IfRangeCase{"LaterDate", kLater, false}, IfRangeCase{"Nonsense", "a", false}),
    [](const auto& test) { return test.param.name; });

TEST(IfRangeOfAWeakAnswer, NeverHolds) {
  EXPECT_FALSE(if_range_holds({{"If-Range", "W/\"a\""}}, {"W/\"a\"", ""}));
  EXPECT_FALSE(if_range_holds({{"If-Range", kDate}}, {"\"a\"", ""}));
}

TEST(IfRangeOfADateThatMayNameTwoBodies, NeverHolds) {
  EXPECT_FALSE(if_range_holds({{"If-Range", kDate}}, {"\"a\"", kDate, false}));
  EXPECT_TRUE(if_range_holds({{"If-Range", "\"a\""}}, {"\"a\"", kDate, false}));
}

TEST(IfRangeThatIsNotSent, Holds) {
  EXPECT_TRUE(if_range_holds({}, {"\"a\"", kDate}));
}

}  // namespace
}  // namespace stagecache::http
