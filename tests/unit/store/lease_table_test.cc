#include "src/store/lease_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace stagecache::store {
namespace {

constexpr SteadyTime kNow{std::chrono::seconds(1000)};

class LeaseTableTest : public ::testing::Test {
 protected:
  std::vector<ContentId> freed;
  LeaseTable table{[this](ContentId id) { freed.push_back(id); }};
};

TEST_F(LeaseTableTest, FreesADoomedContentAtOnceWhenNobodyReadsIt) {
  table.add(7);

  table.doom(7, kNow);

  EXPECT_EQ(freed, std::vector<ContentId>{7});
}

TEST_F(LeaseTableTest, FreesADoomedContentWithItsLastLease) {
  table.add(7);
  auto first = table.acquire(7), second = table.acquire(7);

  table.doom(7, kNow);
  first.reset();
  EXPECT_TRUE(freed.empty());
  second.reset();

  EXPECT_EQ(freed, std::vector<ContentId>{7});
}

TEST_F(LeaseTableTest, KeepsAContentThatIsNotDoomed) {
  table.add(7);

  table.acquire(7).reset();

  EXPECT_TRUE(freed.empty());
  EXPECT_NE(table.acquire(7), nullptr);
}

TEST_F(LeaseTableTest, GivesNoLeaseOnADoomedOrUnknownContent) {
  table.add(7);
  const auto held = table.acquire(7);
  table.doom(7, kNow);

  EXPECT_EQ(table.acquire(7), nullptr);
  EXPECT_EQ(table.acquire(8), nullptr);
}

TEST_F(LeaseTableTest, FreesOnlyOnceHoweverOftenItIsDoomed) {
  table.add(7);

  table.doom(7, kNow);
  table.doom(7, kNow);
  table.forget(7);
  table.doom(7, kNow);

  EXPECT_EQ(freed, std::vector<ContentId>{7});
}

TEST_F(LeaseTableTest, RevokesReadersOfWhatWasDoomedBeforeTheLimit) {
  table.add(7);
  table.add(8);
  const auto slow = table.acquire(7), recent = table.acquire(8);
  table.doom(7, kNow);
  table.doom(8, kNow + std::chrono::seconds(5));

  EXPECT_EQ(table.revoke_doomed_before(kNow), 0u);
  EXPECT_EQ(table.revoke_doomed_before(kNow + std::chrono::seconds(1)), 1u);
  EXPECT_EQ(table.revoke_doomed_before(kNow + std::chrono::seconds(1)), 0u);  // Counted once.

  EXPECT_TRUE(slow->revoked());
  EXPECT_FALSE(recent->revoked());
  EXPECT_TRUE(freed.empty());  // A revoked reader still holds its bytes until it lets go.
}

TEST_F(LeaseTableTest, ShowsWhatIsDoomedWithItsReaders) {
  table.add(7);
  const auto held = table.acquire(7);
  EXPECT_TRUE(table.leased(7));
  EXPECT_TRUE(table.doomed().empty());

  table.doom(7, kNow);

  ASSERT_EQ(table.doomed().size(), 1u);
  EXPECT_EQ(table.doomed()[0].readers, 1u);
}

TEST(LeaseTableRace, FreesExactlyOnceWhenReadersAndTheDoomMeet) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> freed = 0;
    LeaseTable table([&freed](ContentId) { ++freed; });
    table.add(1);
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 3; ++t)
        threads.emplace_back([&table] {
          for (int i = 0; i < 20; ++i) const auto lease = table.acquire(1);
        });
      threads.emplace_back([&table] { table.doom(1, kNow); });
    }
    ASSERT_EQ(freed, 1);
  }
}

}  // namespace
}  // namespace stagecache::store
