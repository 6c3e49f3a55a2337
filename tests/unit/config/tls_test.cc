// Which certificates a TLS listener can do with.

#include <gtest/gtest.h>

#include "stagecache/config/config.h"

namespace stagecache::config {
namespace {

std::string fault_of(const Config& config) {
  const auto checked = check_tls(config);
  return checked ? "" : checked.error().message;
}

TEST(TlsConfig, TakesOneFileOrAListOfPairs) {
  const auto one = parse("[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"", "t.toml", {});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->certificates, std::vector<std::string>{"c.pem"});
  EXPECT_EQ(one->keys, std::vector<std::string>{"k.pem"});

  EXPECT_EQ(fault_of({.data_tls = {"[::]:1"}, .certificates = {"a", "b"}, .keys = {"c", "d"}}), "");
}

TEST(TlsConfig, WantsAKeyForEachCertificate) {
  EXPECT_EQ(fault_of({.data_tls = {"[::]:1"}, .certificates = {"a", "b"}, .keys = {"c"}}),
            "[tls] certificate names 2 files and key 1: each certificate needs its key, in the "
            "same order");
}

TEST(TlsConfig, WantsACertificateForAListener) {
  EXPECT_NE(fault_of({.data_tls = {"[::]:1"}}).find("--self-signed"), std::string::npos);
  EXPECT_EQ(fault_of({.data_tls = {"[::]:1"}, .self_signed = true}), "");
  EXPECT_EQ(fault_of({}), "");
  EXPECT_NE(fault_of({.certificates = {"a"}, .keys = {"b"}, .self_signed = true}), "");
}

}  // namespace
}  // namespace stagecache::config
