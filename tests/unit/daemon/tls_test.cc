#include "daemon/tls.h"

#include <gtest/gtest.h>

namespace stagecache::daemon {
namespace {

TEST(SelfSignedPlan, IsForEveryNameThatMayLeadHere) {
  config::Config config;
  config.names = {"Cache.Example.org", "[fd00::1]", "localhost"};
  config.data_tls = {"10.0.0.5:8443", "0.0.0.0:8444", "[::]:8445"};

  const auto plan = self_signed_plan(config, "Box-7");

  EXPECT_EQ(plan.names, (std::vector<std::string>{"cache.example.org", "fd00::1", "localhost",
                                                  "box-7", "10.0.0.5", "127.0.0.1", "::1"}));
}

TEST(SelfSignedPlan, LeavesOutAHostNameThatIsNone) {
  EXPECT_EQ(self_signed_plan({}, "an odd, name").names.front(), "localhost");
  EXPECT_EQ(self_signed_plan({}, "").names.size(), 3u);
}

TEST(SelfSignedPlan, LiesBesideTheStore) {
  for (const char* path : {"/srv/store", "/srv/store/", "/srv/./x/../store"}) {
    config::Config config;
    config.path = path;
    EXPECT_EQ(self_signed_plan(config, "").folder, "/srv/store-tls") << path;
  }
}

}  // namespace
}  // namespace stagecache::daemon
