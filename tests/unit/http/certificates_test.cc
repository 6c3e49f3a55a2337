// Which certificate for which name, files that are replaced, and our own CA.

#include "stagecache/http/certificates.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "http/certificate_set.h"
#include "stagecache/http/self_signed.h"
#include "tests/unit/http/tls_client.h"

namespace stagecache::http {
namespace {

using std::chrono::days;
using test::TestAuthority;

struct CoverCase {
  const char *name, *host;
  bool covers;
};

TEST(CertificateName, CoversItsHostAndAWildcardOneLabel) {
  for (const auto& [name, host, covers] : {
           CoverCase{"a.example", "a.example", true},
           CoverCase{"a.example", "b.example", false},
           CoverCase{"*.example", "a.example", true},
           CoverCase{"*.example", "example", false},
           CoverCase{"*.example", ".example", false},
           CoverCase{"*.example", "b.a.example", false},
           CoverCase{"*", "example", false},
           CoverCase{"a*.example", "ab.example", false},
           CoverCase{"*.example", "", false},
       })
    EXPECT_EQ(name_covers(name, host), covers) << name << " " << host;
}

class CertificateFilesTest : public testing::Test {
 protected:
  void overwrite(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file, std::ios::trunc) << text;
  }
  std::string load_fault(const CertificateFiles& files) {
    const auto loaded = Certificates::load({files});
    return loaded ? "" : loaded.error().message;
  }

  const stagecache::test::TempFolder folder_;
  TestAuthority authority_{folder_.path()};
};

using CertificateChoice = CertificateFilesTest;

TEST_F(CertificateChoice, FollowsTheServerNameAndFallsBackToTheFirst) {
  const auto set = CertificateSet::load({authority_.issue("0", {"first.example", "10.0.0.1"}),
                                         authority_.issue("1", {"*.apache.org"}),
                                         authority_.issue("2", {"Archive.apache.org"})});
  ASSERT_TRUE(set);

  EXPECT_EQ((*set)->choose("first.example"), 0u);
  EXPECT_EQ((*set)->choose("dlcdn.apache.org"), 1u);
  EXPECT_EQ((*set)->choose("archive.apache.org"), 2u);
  EXPECT_EQ((*set)->choose("ARCHIVE.apache.org."), 2u);
  EXPECT_EQ((*set)->choose("apache.org"), 0u);
  EXPECT_EQ((*set)->choose("unknown.example"), 0u);
  EXPECT_EQ((*set)->choose(""), 0u);
}

TEST_F(CertificateFilesTest, ThatCannotBeUsedAreNamedWithTheReason) {
  const CertificateFiles good = authority_.issue("good", {"a"}),
                         other = authority_.issue("b", {"b"});
  const auto empty = folder_.path() / "empty";
  overwrite(empty, "");
  const auto encrypted = folder_.path() / "encrypted";
  overwrite(encrypted,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");

  EXPECT_EQ(load_fault(good), "");
  EXPECT_NE(load_fault({good.certificate, other.key}).find("is not the key of"), std::string::npos);
  EXPECT_NE(load_fault({folder_.path() / "none", good.key}).find("none: No such file"),
            std::string::npos);
  EXPECT_NE(load_fault({empty, good.key}).find("holds no certificate"), std::string::npos);
  EXPECT_NE(load_fault({good.certificate, empty}).find("holds no private key"), std::string::npos);
  EXPECT_NE(load_fault({good.certificate, encrypted}).find("passphrase"), std::string::npos);
}

TEST_F(CertificateFilesTest, MayBeOneFileWithCertificateAndKey) {
  const CertificateFiles pair = authority_.issue("a", {"a"});
  const auto both = folder_.path() / "both.pem";
  overwrite(both, *read_file(pair.certificate, 1 << 20) + *read_file(pair.key, 1 << 20));

  EXPECT_EQ(load_fault({both, both}), "");
}

TEST_F(CertificateFilesTest, AreReadAgainWhenTheyWereReplaced) {
  const CertificateFiles live = authority_.issue("live", {"old.example"});
  const auto certificates = *Certificates::load({live});
  const auto before = certificates->current();

  certificates->reload_if_changed();
  EXPECT_EQ(certificates->current(), before);  // Nothing was replaced.

  const CertificateFiles later = authority_.issue("later", {"new.example"});
  std::filesystem::rename(later.certificate, live.certificate);
  certificates->reload_if_changed();
  EXPECT_EQ(certificates->current(), before);  // Half of a pair.

  std::filesystem::rename(later.key, live.key);
  certificates->reload_if_changed();
  EXPECT_EQ(certificates->current()->certificates().front().names,
            std::vector<std::string>{"new.example"});
  EXPECT_EQ(before->certificates().front().names, std::vector<std::string>{"old.example"});
}

TEST_F(CertificateFilesTest, ThatBreakLeaveTheOldOnesInForce) {
  const CertificateFiles live = authority_.issue("live", {"old.example"});
  const auto certificates = *Certificates::load({live});
  const auto before = certificates->current();

  std::filesystem::remove(live.key);

  EXPECT_FALSE(certificates->reload());
  EXPECT_EQ(certificates->current(), before);
}

class SelfSignedTest : public testing::Test {
 protected:
  SelfSigned ensure(std::vector<std::string> names, WallTime now = test::kNow) {
    auto made = ensure_self_signed(path(), names, now);
    CHECK(made);
    return *made;
  }
  std::string text(const std::filesystem::path& file) { return *read_file(file, 1 << 20); }
  std::filesystem::path path() const { return folder_.path() / "store-tls"; }

  const stagecache::test::TempFolder folder_;
};

TEST_F(SelfSignedTest, IsForTheNamesAndSignedByTheAuthority) {
  const SelfSigned made = ensure({"a.example", "*.b.example", "127.0.0.1", "::1"});

  const auto leaf = load_certificate(made.files);
  const auto authority = load_certificate({made.authority, path() / "ca-key.pem"});
  ASSERT_TRUE(leaf && authority);
  EXPECT_EQ(X509_verify(leaf->leaf.get(), authority->key.get()), 1);
  EXPECT_EQ(alternative_names(*leaf->leaf),
            (std::set<std::string>{"DNS:a.example", "DNS:*.b.example", "IP Address:127.0.0.1",
                                   "IP Address:0:0:0:0:0:0:0:1"}));
}

TEST_F(SelfSignedTest, IsKeptWhileItIsGood) {
  const SelfSigned first = ensure({"a"});
  const std::string authority = text(first.authority), leaf = text(first.files.certificate);

  ensure({"a"}, test::kNow + days(59));
  EXPECT_EQ(text(first.files.certificate), leaf);

  ensure({"a"}, test::kNow + days(61));
  EXPECT_NE(text(first.files.certificate), leaf);
  EXPECT_EQ(text(first.authority), authority);
}

TEST_F(SelfSignedTest, IsMadeAnewForOtherNames) {
  const SelfSigned first = ensure({"a"});
  const std::string authority = text(first.authority);

  ensure({"a", "b"});

  EXPECT_EQ(load_certificate(first.files)->names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(text(first.authority), authority);
}

TEST_F(SelfSignedTest, GetsANewAuthorityOnlyWhenTheOldOneEnds) {
  const std::string authority = text(ensure({"a"}).authority);

  EXPECT_EQ(text(ensure({"a"}, test::kNow + days(3500)).authority), authority);
  EXPECT_NE(text(ensure({"a"}, test::kNow + days(3600)).authority), authority);
}

TEST_F(SelfSignedTest, KeepsItsKeysFromOthers) {
  ensure({"a"});

  for (const char* key : {"ca-key.pem", "server-key.pem"}) {
    struct stat info{};
    ASSERT_EQ(::stat((path() / key).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << key;
  }
}

// What kill -9 leaves: a key without its certificate, a certificate of another key.
TEST_F(SelfSignedTest, RecoversFromACrashInTheMiddle) {
  const SelfSigned made = ensure({"a"});
  ASSERT_TRUE(publish_private_file(made.files.key, to_pem(*make_key())));
  ensure({"a"});
  EXPECT_TRUE(load_certificate(made.files));

  std::filesystem::remove(made.authority);
  ensure({"a"});
  EXPECT_TRUE(load_certificate({made.authority, path() / "ca-key.pem"}));
}

TEST_F(SelfSignedTest, NeverReplacesAnAuthorityThatIsOnlyUnreadable) {
  const SelfSigned made = ensure({"a"});
  std::filesystem::remove(path() / "ca-key.pem");

  const auto again = ensure_self_signed(path(), {"a"}, test::kNow);

  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("ca-key.pem"), std::string::npos);
  EXPECT_NE(again.error().message.find("remove "), std::string::npos);
}

}  // namespace
}  // namespace stagecache::http
