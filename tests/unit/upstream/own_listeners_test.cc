#include "stagecache/upstream/own_listeners.h"

#include <gtest/gtest.h>

#include "upstream/address.h"

namespace stagecache::upstream {
namespace {

struct ReachCase {
  const char* name;
  const char* listener;
  const char* address;
  std::uint16_t port;
  bool reached;
};
class Reached : public testing::TestWithParam<ReachCase> {};

TEST_P(Reached, ByAddressAndPort) {
  OwnListeners own;
  own.set({GetParam().listener});

  EXPECT_EQ(own.reached_by(Address::parse(GetParam().address)->bytes(), GetParam().port),
            GetParam().reached);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, Reached, testing::Values(
    ReachCase{"Itself",               "127.0.0.1:8080", "127.0.0.1",          8080, true},
    ReachCase{"OtherPort",            "127.0.0.1:8080", "127.0.0.1",          8081, false},
    ReachCase{"OtherLoopback",        "127.0.0.1:8080", "127.0.0.2",          8080, false},
    ReachCase{"Unspecified",          "127.0.0.1:8080", "0.0.0.0",            8080, true},
    ReachCase{"Mapped",               "127.0.0.1:8080", "::ffff:127.0.0.1",   8080, true},
    ReachCase{"MappedInHex",          "127.0.0.1:8080", "::ffff:7f00:1",      8080, true},
    ReachCase{"MappedUnspecified",    "127.0.0.1:8080", "::ffff:0.0.0.0",     8080, true},
    ReachCase{"Ipv6Itself",           "[::1]:8080",     "::1",                8080, true},
    ReachCase{"Ipv6InFull",           "[::1]:8080",     "0:0:0:0:0:0:0:1",    8080, true},
    ReachCase{"Ipv6Unspecified",      "[::1]:8080",     "::",                 8080, true},
    ReachCase{"Ipv4IsNotIpv6",        "[::1]:8080",     "127.0.0.1",          8080, false},
    ReachCase{"OnAllLoopback",        "0.0.0.0:8080",   "127.0.0.1",          8080, true},
    ReachCase{"OnAllAnyLoopback",     "0.0.0.0:8080",   "127.9.8.7",          8080, true},
    ReachCase{"OnAllMapped",          "0.0.0.0:8080",   "::ffff:127.0.0.1",   8080, true},
    ReachCase{"OnAllUnspecified",     "0.0.0.0:8080",   "0.0.0.0",            8080, true},
    ReachCase{"OnAllAStranger",       "0.0.0.0:8080",   "93.184.216.34",      8080, false},
    ReachCase{"OnAllOtherPort",       "0.0.0.0:8080",   "127.0.0.1",          80,   false},
    ReachCase{"OnAllIpv6TakesIpv4",   "[::]:8080",      "127.0.0.1",          8080, true},
    ReachCase{"ListensMapped",        "[::ffff:127.0.0.1]:8080", "127.0.0.1", 8080, true}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(OwnListeners, ReachesNobodyBeforeItIsTold) {
  const OwnListeners own;

  EXPECT_FALSE(own.reached_by(Address::parse("127.0.0.1")->bytes(), 8080));
}

TEST(OwnListeners, LeavesOutWhatIsNoAddress) {
  OwnListeners own;
  own.set({"", ":", "nonsense", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", "[::1]:9"});

  EXPECT_TRUE(own.reached_by(Address::parse("::1")->bytes(), 9));
  EXPECT_FALSE(own.reached_by(Address::parse("127.0.0.1")->bytes(), 80));
}

}  // namespace
}  // namespace stagecache::upstream
