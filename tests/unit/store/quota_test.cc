#include "stagecache/store/quota.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace stagecache::store {
namespace {

struct Boundary {
  const char* what;
  std::uint64_t limit, metadata, used, wanted;
  bool granted;
};

class QuotaBoundary : public ::testing::TestWithParam<Boundary> {};

TEST_P(QuotaBoundary, GrantsWhatFitsAndNothingMore) {
  Quota quota(GetParam().limit, GetParam().metadata);
  quota.add_used(GetParam().used);

  const auto reservation = quota.reserve(GetParam().wanted);

  EXPECT_EQ(reservation.has_value(), GetParam().granted);
  if (!reservation) {
    EXPECT_EQ(reservation.error().code, ErrorCode::NoSpace);
  }
}

INSTANTIATE_TEST_SUITE_P(, QuotaBoundary,
                         ::testing::Values(Boundary{"Exactly", 100, 10, 70, 20, true},
                                           Boundary{"OneTooMany", 100, 10, 70, 21, false},
                                           Boundary{"NothingOfNothing", 100, 10, 90, 0, true},
                                           Boundary{"LoweredBelowUsage", 50, 10, 70, 1, false},
                                           Boundary{"NothingThoughLowered", 50, 10, 70, 0, true},
                                           Boundary{"NoOverflow", 100, 10, 0, ~std::uint64_t{0},
                                                    false}),
                         [](const auto& test) { return test.param.what; });

TEST(Quota, GivesBackWhatAReservationDidNotSpend) {
  Quota quota(100, 10);

  {
    auto reservation = quota.reserve(50);
    ASSERT_TRUE(reservation);
    reservation->spend(30);
    reservation->give_back(5);
    EXPECT_EQ(reservation->left(), 15u);
    EXPECT_EQ(quota.usage().taken(), 10u + 30u + 15u);
  }

  EXPECT_EQ(quota.usage().used, 30u);
  EXPECT_EQ(quota.usage().reserved, 0u);
}

TEST(Quota, MergedReservationsCountOnce) {
  Quota quota(100, 0);
  {
    auto first = quota.reserve(40), second = quota.reserve(30);
    ASSERT_TRUE(first && second);

    first->merge(*std::move(second));

    EXPECT_EQ(first->left(), 70u);
    EXPECT_EQ(quota.usage().reserved, 70u);
  }
  EXPECT_EQ(quota.usage().reserved, 0u);
}

TEST(Quota, AssignmentGivesBackTheOldReservation) {
  Quota quota(100, 0);
  auto kept = quota.reserve(40);
  ASSERT_TRUE(kept);

  *kept = Quota::Reservation();

  EXPECT_EQ(quota.usage().reserved, 0u);
}

// A ledger that looks and adds in two steps would let more than eight in.
TEST(Quota, NeverPromisesMoreThanTheLimitToConcurrentWriters) {
  constexpr std::uint64_t kBytes = 25, kRoomFor = 8;
  Quota quota(kRoomFor * kBytes, 0);
  std::atomic<std::uint64_t> won = 0, worst = 0;

  std::vector<std::jthread> writers;
  for (int w = 0; w < 8; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto reservation = quota.reserve(kBytes);
        const std::uint64_t taken = quota.usage().taken();
        if (taken > worst) worst = taken;
        if (!reservation) continue;
        reservation->spend(10);
        quota.release_used(10);
        ++won;
      }
    });
  }
  writers.clear();

  EXPECT_LE(worst.load(), kRoomFor * kBytes);
  EXPECT_GT(won.load(), 0u);
  EXPECT_EQ(quota.usage().taken(), 0u);
}

}  // namespace
}  // namespace stagecache::store
