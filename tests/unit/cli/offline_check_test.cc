// `warm --offline-check`, `why`, `ledger`, `offline` against a scripted daemon.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/apps.h"
#include "cli/commands.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/cli/fake_daemon.h"

namespace stagecache::cli {
namespace {

const std::string kHex(64, 'a'), kOther(64, 'b');
constexpr const char* kAsked = "GET /v1/why?url=https%3A%2F%2Fa.org%2Fx.tgz";

class OfflineCheck : public testing::Test {
 protected:
  int check(const std::vector<std::string>& targets, bool json = false) {
    Arguments arguments;
    arguments.targets = targets;
    arguments.json = json;
    return offline_check(arguments, daemon_.client(), console_);
  }
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }
  bool said(std::string_view text) const { return out_.str().find(text) != std::string::npos; }

  const test::TempFolder folder_;
  std::ostringstream out_, err_;
  Console console_{.out = out_, .err = err_};
  FakeDaemon daemon_;
};

TEST_F(OfflineCheck, IsWellWhenTheDeclaredBytesWouldBeServed) {
  daemon_.answer(std::string(kAsked) + "&sha256=" + kHex, 200,
                 R"({"served_offline":true,"asks":"this cache","pinned":true,"size":1048576,
                     "sha256":")" +
                     kHex + R"("})");

  EXPECT_EQ(check({"https://a.org/x.tgz#sha256=" + kHex}), kExitOk);
  EXPECT_TRUE(said("a push would work")) << out_.str();
  EXPECT_TRUE(said("1 MiB, pinned")) << out_.str();
}

TEST_F(OfflineCheck, NamesWhatIsMissingAndHowToGetIt) {
  daemon_.answer(kAsked, 200, R"({"served_offline":false,"asks":"the publisher",
                                  "state":"not stored"})");

  EXPECT_EQ(check({"https://a.org/x.tgz"}), kExitFinding);
  EXPECT_TRUE(said("would FAIL") && said("stagecache warm https://a.org/x.tgz")) << out_.str();
  EXPECT_TRUE(said("asks the publisher")) << out_.str();
}

TEST_F(OfflineCheck, TellsOtherBytesFromMissingOnes) {
  daemon_.answer(std::string(kAsked) + "&sha256=" + kHex, 200,
                 R"({"served_offline":false,"state":"stored","sha256":")" + kOther + R"("})");

  EXPECT_EQ(check({"https://a.org/x.tgz#sha256=" + kHex}), kExitFinding);
  EXPECT_TRUE(said(kOther) && said(kHex)) << out_.str();
}

TEST_F(OfflineCheck, TakesAUrlThatIsNoneForMissing) {
  daemon_.answer(kAsked, 400, R"({"error":{"code":"bad_input","message":"that is no URL"}})");

  EXPECT_EQ(check({"https://a.org/x.tgz"}, /*json=*/true), kExitFinding);
  EXPECT_TRUE(said(R"("ok":false)") && said("that is no URL")) << out_.str();
}

TEST_F(OfflineCheck, IsNoVerdictWithoutADaemon) {
  EXPECT_EQ(check({"https://a.org/x.tgz"}), kExitFinding);
  EXPECT_NE(err_.str().find("no daemon"), std::string::npos);
  EXPECT_FALSE(said("push"));
}

TEST_F(OfflineCheck, SearchesFoldersAndPassesOverManifestsOfApps) {
  write("a/spark_runtime.txt", "SPARK_URL=https://a.org/x.tgz\nSPARK_SHA256=" + kHex + "\n");
  write("a/manifest.yml", "applications:\n- name: a\n");
  write("b/manifest.yml",
        "dependencies:\n- name: jre\n  version: 1.0.0\n  uri: https://a.org/j.tgz\n"
        "  sha256: " +
            kOther + "\n");

  const auto apps = apps_named({folder_.path().string()});

  ASSERT_TRUE(apps) << apps.error().message;
  ASSERT_EQ(apps->size(), 2u);
  ASSERT_EQ((*apps)[0].downloads.size(), 2u);  // The JDK is the buildpack's default.
  EXPECT_EQ((*apps)[0].downloads[1].url, "https://a.org/x.tgz");
  EXPECT_EQ((*apps)[0].downloads[1].sha256, kHex);
  ASSERT_EQ((*apps)[1].downloads.size(), 1u);
  EXPECT_EQ((*apps)[1].downloads[0].sha256, kOther);
}

TEST_F(OfflineCheck, RefusesWhatIsNoAppAndFoldersWithoutAny) {
  EXPECT_EQ(apps_named({"/nowhere/at/all"}).error().code, ErrorCode::BadInput);
  EXPECT_EQ(apps_named({folder_.path().string()}).error().code, ErrorCode::NotFound);
}

TEST_F(OfflineCheck, TheSwitchCallsItsRoutes) {
  daemon_.answer("PUT /v1/offline", 204, "");
  daemon_.answer("DELETE /v1/offline", 204, "");
  Arguments arguments;
  for (const char* word : {"on", "off"}) {
    arguments.targets = {word};
    EXPECT_EQ(offline(arguments, daemon_.client(), console_), kExitOk);
  }
  EXPECT_EQ(daemon_.requests.size(), 2u);
}

TEST_F(OfflineCheck, TheLedgerIsAskedByUrlAndPrintedForAMachine) {
  daemon_.answer("GET /v1/ledger?limit=7&url=a.org%2Fx", 200,
                 R"({"entries":[{"event":"stored"},{"event":"failed"}]})");
  Arguments arguments;
  arguments.query = "a.org/x";
  arguments.limit = 7;
  arguments.json = true;

  EXPECT_EQ(ledger(arguments, daemon_.client(), console_), kExitOk);
  EXPECT_EQ(out_.str(), "{\"event\":\"stored\"}\n{\"event\":\"failed\"}\n");
}

}  // namespace
}  // namespace stagecache::cli
