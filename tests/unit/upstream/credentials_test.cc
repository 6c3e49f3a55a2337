#include "stagecache/upstream/credentials.h"

#include <gtest/gtest.h>

namespace stagecache::upstream {
namespace {

TEST(Credentials, AreKnownByTheirName) {
  for (const char* name :
       {"Authorization", "authorization", "COOKIE", "Cookie2", "X-JFrog-Art-Api", "Private-Token",
        "Job-Token", "X-Auth-Token", "X-Api-Key", "apikey", "X-Amz-Security-Token", "X-Vault-Token",
        "X-Client-Secret", "X-Password", "X-Session-Id", "Signature-Input"})
    EXPECT_TRUE(is_credential(name)) << name;
}

TEST(Credentials, AreNotWhatClientsSendAnyway) {
  for (const char* name :
       {"", "Accept", "Accept-Language", "User-Agent", "Cache-Control", "Pragma", "Via", "Referer",
        "X-Kind", "DNT", "Origin", "Sec-Fetch-Mode", "X-Requested-With", "traceparent", "Priority"})
    EXPECT_FALSE(is_credential(name)) << name;
}

}  // namespace
}  // namespace stagecache::upstream
