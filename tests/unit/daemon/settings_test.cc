#include "daemon/settings.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace stagecache::daemon {
namespace {

TEST(Settings, AQuotaIsASizeOrAShareOfTheFileSystem) {
  config::Config config;
  config.path = std::filesystem::temp_directory_path() / "not" / "there" / "yet";
  config.quota = "20GiB";
  EXPECT_EQ(store_options(config)->quota_bytes, 20ull << 30);

  config.quota = "100%";
  const auto whole = store_options(config);
  ASSERT_TRUE(whole) << whole.error().message;
  config.quota = "50%";
  EXPECT_NEAR(static_cast<double>(store_options(config)->quota_bytes),
              static_cast<double>(whole->quota_bytes) / 2, 100);
  for (const char* bad : {"0%", "101%", "%", "8x%", "80.5%", "-1%", "4294967297%", "much", ""}) {
    config.quota = bad;
    EXPECT_FALSE(store_options(config)) << bad;
  }
}

TEST(Settings, OffLoopbackTheAdminListenerWantsAToken) {
  struct Case {
    const char* address;
    bool allowed;
  };
  for (const Case& one :
       {Case{"127.0.0.1:8081", true}, Case{"127.8.9.1:1", true}, Case{"[::1]:8081", true},
        Case{"localhost:8081", true}, Case{"0.0.0.0:8081", false}, Case{"[::]:8081", false},
        Case{"10.0.0.1:8081", false}, Case{":8081", false}, Case{"[::ffff:10.0.0.1]:8081", false},
        Case{"127.evil.example:8081", false}}) {
    config::Config config;
    config.admin = {"127.0.0.1:1", one.address};
    EXPECT_EQ(check_admin_exposure(config).has_value(), one.allowed) << one.address;
    config.token_file = "token";
    EXPECT_TRUE(check_admin_exposure(config)) << one.address;
  }
}

TEST(Settings, AHostsOwnTableCountsBeforeTheShippedList) {
  config::Config config;
  config.hosts = {
      {.name = "archive.apache.org", .scheme = "http", .ports = {8000}, .allow_private = true}};
  config.allow = {"mine.example"};
  const upstream::Policy policy = upstream_policy(config);

  ASSERT_NE(policy.find("archive.apache.org"), nullptr);
  EXPECT_EQ(policy.find("archive.apache.org")->ports, std::vector<std::uint16_t>{8000});
  EXPECT_EQ(policy.find("archive.apache.org")->scheme, Scheme::Http);
  ASSERT_NE(policy.find("mine.example"), nullptr);
  EXPECT_FALSE(policy.find("mine.example")->allow_private);
  EXPECT_EQ(policy.find("evil.example"), nullptr);
}

TEST(Settings, WithoutTheShippedListOnlyWhatIsConfiguredIsAllowed) {
  config::Config config;
  config.shipped_allow = false;
  config.allow = {"mine.example"};
  const upstream::Policy policy = upstream_policy(config);

  EXPECT_EQ(policy.find("archive.apache.org"), nullptr);
  EXPECT_NE(policy.find("mine.example"), nullptr);
}

TEST(Settings, ItemsOfTheConfigurationBecomeStandingOrders) {
  config::Config config;
  config.folders = {"/apps"};
  config.warm = {{.url = "https://a/b", .sha256 = std::string(64, 'a')}, {.url = "https://c/d"}};
  const auto orders = standing_orders(config);

  ASSERT_TRUE(orders);
  EXPECT_EQ(orders->folders, std::vector<std::filesystem::path>{"/apps"});
  ASSERT_EQ(orders->items.size(), 2u);
  EXPECT_TRUE(orders->items[0].sha256);
  EXPECT_FALSE(orders->items[1].sha256);
  config.warm[0].sha256 = "12";
  EXPECT_EQ(standing_orders(config).error().code, ErrorCode::BadInput);
}

}  // namespace
}  // namespace stagecache::daemon
