#include <gtest/gtest.h>

#include "stagecache/upstream/policy.h"
#include "upstream/address.h"

namespace stagecache::upstream {
namespace {

bool is_private(const char* text) {
  return is_private_address(Address::parse(text)->bytes());
}

class PrivateAddress : public testing::TestWithParam<const char*> {};
TEST_P(PrivateAddress, IsRefused) {
  EXPECT_TRUE(is_private(GetParam())) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Ipv4, PrivateAddress,
    testing::Values("0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
                    "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.255",
                    "169.254.0.0", "168.63.129.16", "169.254.169.254", "172.16.0.0",
                    "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1",
                    "192.175.48.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0",
                    "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255",
                    "240.0.0.0", "255.255.255.255"));
INSTANTIATE_TEST_SUITE_P(
    Ipv6, PrivateAddress,
    testing::Values("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
                    "::ffff:0:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
                    "100:0:0:1::1", "64:ff9a::1", "1fff::1", "4000::1", "5f00::1", "2001::1",
                    "2001:0:ffff::1", "2001:1::1", "2001:2::1", "2001:10::1", "2001:2f::1",
                    "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "3fff:fff::1",
                    "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1", "fc00::1",
                    "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
                    "[::1]"));

class PublicAddress : public testing::TestWithParam<const char*> {};
TEST_P(PublicAddress, IsNotRefused) {
  EXPECT_FALSE(is_private(GetParam())) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    JustOutside, PublicAddress,
    testing::Values("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
                    "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
                    "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.0.3.1", "192.167.255.255",
                    "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.101.1", "203.0.112.1",
                    "223.255.255.255", "8.8.8.8", "168.63.129.15", "168.63.129.17", "2001:200::1",
                    "2001:4860:4860::8888", "2001:db9::1", "2003::1", "2606:4700::1",
                    "2a04:4e42::644", "3ffe:ffff::1", "3fff:1000::1", "2606:4700::5eff:10.0.0.1"));

TEST(IsPrivateAddress, TakesBytesOfNoKnownFamilyForPrivate) {
  EXPECT_TRUE(is_private_address({}));
  EXPECT_TRUE(is_private_address(std::array<std::uint8_t, 6>{8, 8, 8, 8, 8, 8}));
}

}  // namespace
}  // namespace stagecache::upstream
