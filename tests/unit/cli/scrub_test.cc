#include "cli/scrub.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/scrub_answers.h"
#include "tests/unit/cli/fake_daemon.h"

namespace stagecache::cli {
namespace {

const std::string kHalf = R"({"state":"running","started_at":"2026-11-24T10:00:00Z","forms":2,
  "forms_read":1,"bytes":2048,"bytes_read":1024,"reading":"spark.tgz","damaged":0,"findings":[]})";
const std::string kWell = R"({"state":"idle","started_at":"2026-11-24T10:00:00Z","forms":2,
  "forms_read":2,"bytes":2048,"bytes_read":2048,"reading":null,"damaged":0,"findings":[]})";
const std::string kDamaged = R"({"state":"idle","started_at":"2026-11-24T10:00:00Z","forms":2,
  "forms_read":2,"bytes":2048,"bytes_read":2048,"reading":null,"damaged":2,"findings":[
  {"sha256":"aa","name":"a.tgz","form":"raw","text":"a bad chunk","state":"fetched","error":null},
  {"sha256":"bb","name":"b.tgz","form":"packed","text":"another","state":"lost","error":"offline"}]})";

const std::string kUnread = R"({"state":"idle","started_at":"2026-11-24T10:00:00Z","forms":2,
  "forms_read":2,"bytes":2048,"bytes_read":2048,"unread":1,"damaged":0,"findings":[]})";

class ScrubCommand : public testing::Test {
 protected:
  int watch() {
    return watch_scrub(daemon_.client(), arguments_, console_, clock_,
                       [this](std::chrono::milliseconds) { return ++pauses_ <= allowed_pauses_; });
  }

  Arguments arguments_;
  std::ostringstream out_, err_;
  Console console_{.out = out_, .err = err_};
  SystemClock clock_;
  FakeDaemon daemon_;
  int pauses_ = 0, allowed_pauses_ = 100;
};

TEST_F(ScrubCommand, WaitsForTheEndAndSaysThatAllIsWell) {
  daemon_.answer("GET /v1/scrub", 200, kHalf);
  daemon_.answer("GET /v1/scrub", 200, kHalf);
  daemon_.answer("GET /v1/scrub", 200, kWell);

  EXPECT_EQ(watch(), kExitOk) << err_.str();

  EXPECT_EQ(out_.str(),
            "scrub: 1 KiB of 2 KiB (50 %), reading spark.tgz\n"
            "2 forms read, 2 KiB: all as they were stored\n");
}

TEST_F(ScrubCommand, NamesWhatIsDamagedAndWhatBecameOfIt) {
  daemon_.answer("GET /v1/scrub", 200, kDamaged);

  EXPECT_EQ(watch(), kExitFinding);

  EXPECT_EQ(out_.str(),
            "damaged a.tgz sha256 aa (raw): a bad chunk; fetched again\n"
            "damaged b.tgz sha256 bb (packed): another; LOST: offline\n"
            "2 forms read, 2 KiB: 2 damaged\n");
}

TEST_F(ScrubCommand, DoesNotCallWellWhatCouldNotBeRead) {
  daemon_.answer("GET /v1/scrub", 200, kUnread);

  EXPECT_EQ(watch(), kExitFinding);

  EXPECT_EQ(out_.str(), "2 forms read, 2 KiB: none damaged, 1 could not be read\n");
}

TEST_F(ScrubCommand, SaysWhyOneWasBrokenOff) {
  daemon_.answer("GET /v1/scrub", 200,
                 R"({"state":"idle","started_at":"2026-11-24T10:00:00Z","forms":9,"forms_read":2,
                 "bytes":9216,"bytes_read":2048,"broken_off":"the disk\u001b"})");

  EXPECT_EQ(watch(), kExitFinding);

  EXPECT_EQ(out_.str(), "2 forms read, 2 KiB: none damaged; broken off: the disk?\n");
}

TEST_F(ScrubCommand, JoinsOneThatRunsButWithoutWaitingIsAnError) {
  daemon_.answer("POST /v1/scrub", 409,
                 R"({"error":{"code":"conflict","message":"a scrub runs already"}})");
  daemon_.answer("GET /v1/scrub", 200, kWell);

  EXPECT_EQ(scrub(arguments_, daemon_.client(), console_), kExitOk);
  arguments_.no_wait = true;
  EXPECT_EQ(scrub(arguments_, daemon_.client(), console_), kExitFinding);

  EXPECT_NE(err_.str().find("stagecache: a scrub runs already\n"), std::string::npos) << err_.str();
}

TEST_F(ScrubCommand, WithoutWaitingOnlyBegins) {
  daemon_.answer("POST /v1/scrub", 202, kHalf);
  arguments_.no_wait = true;

  EXPECT_EQ(scrub(arguments_, daemon_.client(), console_), kExitOk);
  EXPECT_EQ(out_.str(), "the scrub has begun\n");
  EXPECT_EQ(daemon_.requests.size(), 1u);
}

TEST_F(ScrubCommand, IsLeftWithCtrlC) {
  daemon_.answer("GET /v1/scrub", 200, kHalf);
  allowed_pauses_ = 0;

  EXPECT_EQ(watch(), kExitInterrupted);
  EXPECT_NE(err_.str().find("goes on without us"), std::string::npos);
}

TEST_F(ScrubCommand, SeesThatTheDaemonWasRestarted) {
  daemon_.answer("GET /v1/scrub", 200, kHalf);
  daemon_.answer("GET /v1/scrub", 200, R"({"state":"idle","started_at":null})");

  EXPECT_EQ(watch(), kExitFinding);
  EXPECT_NE(err_.str().find("restarted"), std::string::npos) << err_.str();
}

TEST_F(ScrubCommand, HandsTheDaemonsJsonOnForAMachine) {
  daemon_.answer("GET /v1/scrub", 200, kHalf);
  daemon_.answer("GET /v1/scrub", 200, kDamaged);
  arguments_.json = true;

  EXPECT_EQ(watch(), kExitFinding);
  EXPECT_EQ(out_.str(), kDamaged + "\n");
}

TEST(ReadScrub, TakesNothingForAnAnswerThatIsNone) {
  for (const char* text : {"", "[]", "{}", R"({"state":7})", R"({"state":"asleep"})"})
    EXPECT_FALSE(read_scrub(text)) << text;
  EXPECT_TRUE(read_scrub(R"({"state":"idle","findings":[1,null,{}],"bytes":-1})"));
}

TEST(ScrubLines, LetNoControlCharacterReachTheTerminal) {
  const DamagedForm damaged{.sha256 = "a\x1b",
                            .name = "b\x1b",
                            .form = "raw\x1b",
                            .text = "c\n",
                            .state = "lost",
                            .error = "d\x1b"};
  EXPECT_EQ(damage_line(damaged), "damaged b? sha256 a? (raw?): c?; LOST: d?");
  const ScrubAnswer scrub{.started_at = "", .reading = "e\x1b", .broken_off = "", .findings = {}};
  EXPECT_EQ(scrub_progress(scrub), "scrub: 0 B of 0 B (0 %), reading e?");
}

}  // namespace
}  // namespace stagecache::cli
