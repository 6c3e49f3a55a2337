#include "cli/warm.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temp_folder.h"
#include "tests/unit/cli/fake_daemon.h"

namespace stagecache::cli {
namespace {

namespace fs = std::filesystem;

class WarmRequest : public testing::Test {
 protected:
  WarmRequest() {
    fs::create_directories(folder_ / "b" / "deep");
    fs::create_directories(folder_ / "a");
    write("b/deep/spark_runtime.txt", "JDK_URL=https://h/b.tgz\n");
    write("a/spark_runtime.txt", "JDK_URL=https://h/a.tgz\n");
    write("a/other.txt", "JDK_URL=https://h/c.tgz\n");
  }

  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
  }

  const test::TempFolder temporary_;
  const fs::path folder_ = temporary_.path();
  Arguments arguments_;
};

TEST_F(WarmRequest, HasUrlsWithAndWithoutADigest) {
  arguments_.targets = {"https://h/x.tgz", "https://h/y.tgz#sha256=" + std::string(64, 'A')};

  EXPECT_EQ(
      warm_request(arguments_).value_or("?"),
      R"({"items":[{"url":"https://h/x.tgz","pin":true},{"url":"https://h/y.tgz","pin":true,"sha256":")" +
          std::string(64, 'a') + R"("}]})");
}

TEST_F(WarmRequest, HasTheTextOfEveryFileInAFolder) {
  arguments_.targets = {folder_.string()};

  EXPECT_EQ(warm_request(arguments_).value_or("?"),
            R"({"spark_runtime":["JDK_URL=https://h/a.tgz\n","JDK_URL=https://h/b.tgz\n"]})");
}

TEST_F(WarmRequest, NamesWhatAFileWantsWhereItIsNotToBePinned) {
  arguments_.targets = {(folder_ / "a/spark_runtime.txt").string()};
  arguments_.no_pin = true;

  const std::string body = warm_request(arguments_).value_or("?");

  EXPECT_NE(body.find(R"({"url":"https://h/a.tgz","pin":false)"), std::string::npos) << body;
  EXPECT_EQ(body.find("spark_runtime\""), std::string::npos) << body;
}

const std::string kManifest = "dependencies:\n- uri: https://h/d.tgz\n";

TEST_F(WarmRequest, HasTheBuildpackManifestsOfAFolderButNotThoseOfApps) {
  write("a/manifest.yml", kManifest);
  write("b/manifest.yml", "applications:\n- name: app\n");
  write("b/deep/manifest.yml", "{{ a template }}: }");
  fs::remove(folder_ / "b/deep/spark_runtime.txt");
  arguments_.targets = {folder_.string()};

  EXPECT_EQ(warm_request(arguments_).value_or("?"),
            R"({"spark_runtime":["JDK_URL=https://h/a.tgz\n"],"buildpack_manifest":)"
            R"(["dependencies:\n- uri: https://h/d.tgz\n"],"pin":true})");
}

TEST_F(WarmRequest, TakesABuildpackManifestByItsName) {
  write("a/manifest-1.yml", kManifest);
  write("a/app.yml", "applications: []\n");
  arguments_.targets = {(folder_ / "a/manifest-1.yml").string()};
  arguments_.no_pin = true;

  EXPECT_EQ(warm_request(arguments_).value_or("?"),
            R"({"buildpack_manifest":["dependencies:\n- uri: https://h/d.tgz\n"],"pin":false})");
  arguments_.targets = {(folder_ / "a/app.yml").string()};
  EXPECT_EQ(warm_request(arguments_).error().code, ErrorCode::BadInput);
}

TEST_F(WarmRequest, RefusesWhatItCannotRead) {
  arguments_.targets = {"/nowhere/spark_runtime.txt"};
  EXPECT_EQ(warm_request(arguments_).error().message,
            "/nowhere/spark_runtime.txt: neither a file nor a URL");
  arguments_.targets = {"https://h/x#sha256=12"};
  EXPECT_EQ(warm_request(arguments_).error().code, ErrorCode::BadInput);
  arguments_.targets = {"https://h/x#md5=12"};
  EXPECT_EQ(warm_request(arguments_).error().code, ErrorCode::BadInput);
  fs::remove_all(folder_ / "a");
  fs::remove_all(folder_ / "b");
  arguments_.targets = {folder_.string()};
  EXPECT_EQ(warm_request(arguments_).error().code, ErrorCode::NotFound);
}

std::string job(const std::string& state, const std::string& item_state, int received) {
  return R"({"id":"1","state":")" + state + R"(","items":[{"url":"https://h/x.tgz","state":")" +
         item_state + R"(","sha256":"aa","size":100,"error":"404","received":)" +
         std::to_string(received) + "}]}";
}

class FakeClock final : public Clock {
 public:
  WallTime wall() const override { return {}; }
  SteadyTime steady() const override { return now; }
  SteadyTime now{std::chrono::hours(1)};
};

class WatchJob : public testing::Test {
 protected:
  int watch(Arguments arguments = {}) {
    LineProgress progress(console_, clock_);
    return watch_job(daemon_.client(), "1", arguments, console_, progress, [this](auto pause) {
      pauses_.push_back(pause);
      clock_.now += pause;
      return pauses_.size() < leave_after_;
    });
  }

  std::ostringstream out_, err_;
  Console console_{.out = out_, .err = err_};
  FakeClock clock_;
  FakeDaemon daemon_;
  std::vector<std::chrono::milliseconds> pauses_;
  std::size_t leave_after_ = 1000;
};

TEST_F(WatchJob, PrintsALineAStepUntilItIsReady) {
  daemon_.answer("GET /v1/jobs/1", 200, job("running", "queued", 0));
  daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", 10));
  daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", 20));
  daemon_.answer("GET /v1/jobs/1", 200, job("ready", "ready", 100));

  EXPECT_EQ(watch(), kExitOk);
  EXPECT_EQ(out_.str(),
            "queued x.tgz\nfilling x.tgz: 10 B of 100 B (10 %)\nready x.tgz\n"
            "ready x.tgz 100 B sha256 aa\n");
}

TEST_F(WatchJob, PrintsARunningDownloadEveryFiveSecondsAtMost) {
  for (int i = 0; i < 13; ++i) daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", i));
  daemon_.answer("GET /v1/jobs/1", 200, job("ready", "ready", 100));

  EXPECT_EQ(watch(), kExitOk);
  const std::string out = out_.str();
  std::size_t lines = 0;
  for (std::size_t at = out.find("filling"); at != out.npos; at = out.find("filling", at + 1))
    ++lines;
  EXPECT_EQ(lines,
            2u + (clock_.now - SteadyTime(std::chrono::hours(1)) >= std::chrono::seconds(11)))
      << out;
}

TEST_F(WatchJob, SaysWhyAnItemFailedAndExitsWithOne) {
  daemon_.answer("GET /v1/jobs/1", 200, job("failed", "failed", 0));

  EXPECT_EQ(watch(), kExitFinding);
  EXPECT_NE(out_.str().find("failed https://h/x.tgz: 404\n"), std::string::npos);
}

TEST_F(WatchJob, GoesOnAfterTheDaemonWasRestarted) {
  daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", 10));
  daemon_.answer("GET /v1/jobs/1", 0, "");
  daemon_.answer("GET /v1/jobs/1", 0, "");
  daemon_.answer("GET /v1/jobs/1", 200, job("ready", "ready", 100));

  EXPECT_EQ(watch(), kExitOk);
}

TEST_F(WatchJob, GivesUpWhenTheDaemonStaysAway) {
  daemon_.answer("GET /v1/jobs/1", 0, "");

  EXPECT_EQ(watch(), kExitFinding);
  EXPECT_NE(err_.str().find("the daemon went away"), std::string::npos);
}

TEST_F(WatchJob, SaysThatTheJobGoesOnWhenTheUserLeaves) {
  daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", 10));
  leave_after_ = 1;

  EXPECT_EQ(watch(), kExitInterrupted);
  EXPECT_EQ(err_.str(), "stagecache: job 1 goes on without us\n");
}

TEST_F(WatchJob, AsksOftenAtFirstAndEverySecondLater) {
  for (int i = 0; i < 9; ++i) daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", 10));
  daemon_.answer("GET /v1/jobs/1", 200, job("ready", "ready", 100));

  watch();
  EXPECT_EQ(pauses_.front(), std::chrono::milliseconds(200));
  EXPECT_EQ(pauses_.back(), std::chrono::milliseconds(1000));
}

TEST_F(WatchJob, PrintsOnlyTheEndedJobForAMachine) {
  daemon_.answer("GET /v1/jobs/1", 200, job("running", "filling", 10));
  daemon_.answer("GET /v1/jobs/1", 200, job("ready", "ready", 100));
  Arguments arguments;
  arguments.json = true;

  EXPECT_EQ(watch(arguments), kExitOk);
  EXPECT_EQ(out_.str(), job("ready", "ready", 100) + "\n");
}

TEST(BarProgress, GoesBackUpOverWhatItDrew) {
  std::ostringstream out, err;
  const Console console{.out = out, .err = err, .terminal = [] { return TerminalSize{80, 24}; }};
  BarProgress progress(console);
  const Job two = *read_job(
      R"({"state":"running","items":[{"url":"a","state":"queued"},{"url":"b","state":"queued"}]})");

  progress.show(two);
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
  out.str("");
  progress.show(two);

  EXPECT_TRUE(out.str().starts_with("\r\x1b[2A\x1b[J"));
}

}  // namespace
}  // namespace stagecache::cli
