#include "stagecache/http/byte_range.h"

#include <gtest/gtest.h>

namespace stagecache::http {
namespace {

struct RangeCase {
  const char* name;
  const char* header;
  RangeAnswer answer;
};

constexpr std::uint64_t kBodySize = 10;

class AnswerRange : public testing::TestWithParam<RangeCase> {};

TEST_P(AnswerRange, OfATenByteBody) {
  EXPECT_EQ(answer_range(GetParam().header, kBodySize), GetParam().answer);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, AnswerRange, testing::Values(
    RangeCase{"UnitInAnyCase",       "Bytes=0-0",      ByteRange{0, 1}},
    RangeCase{"FirstByte",           "bytes=0-0",      ByteRange{0, 1}},
    RangeCase{"Middle",              "bytes=3-5",      ByteRange{3, 6}},
    RangeCase{"OpenEnded",           "bytes=7-",       ByteRange{7, 10}},
    RangeCase{"PastTheEndIsClipped", "bytes=7-999",    ByteRange{7, 10}},
    RangeCase{"Suffix",              "bytes=-3",       ByteRange{7, 10}},
    RangeCase{"SuffixLongerThanBody","bytes=-999",     ByteRange{0, 10}},
    RangeCase{"StartsAtTheEnd",      "bytes=10-",      Unsatisfiable{}},
    RangeCase{"EmptySuffix",         "bytes=-0",       Unsatisfiable{}},
    RangeCase{"NoHeader",            "",               WholeBody{}},
    RangeCase{"OtherUnit",           "pages=1-2",      WholeBody{}},
    RangeCase{"SeveralRanges",       "bytes=0-1,3-4",  WholeBody{}},
    RangeCase{"Backwards",           "bytes=5-3",      WholeBody{}},
    RangeCase{"Signed",              "bytes=+1-2",     WholeBody{}},
    RangeCase{"BeginsBeyond64Bits",  "bytes=18446744073709551616-", Unsatisfiable{}},
    RangeCase{"EndsBeyond64Bits",    "bytes=7-18446744073709551616", ByteRange{7, 10}},
    RangeCase{"SuffixBeyond64Bits",  "bytes=-18446744073709551616", ByteRange{0, 10}},
    RangeCase{"EmptyElements",       "bytes=, 3-5 ,",  ByteRange{3, 6}},
    RangeCase{"NoElement",           "bytes=,",        WholeBody{}},
    RangeCase{"TwoFieldsJoined",     "bytes=0-1, bytes=3-4", WholeBody{}},
    RangeCase{"JustADash",           "bytes=-",        WholeBody{}}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(AnswerRangeOfAnEmptyBody, IsNeverSatisfiable) {
  EXPECT_EQ(answer_range("bytes=0-", 0), RangeAnswer(Unsatisfiable{}));
  EXPECT_EQ(answer_range("bytes=-1", 0), RangeAnswer(Unsatisfiable{}));
}

}  // namespace
}  // namespace stagecache::http
