#include "cli/commands.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temp_folder.h"
#include "tests/unit/cli/fake_daemon.h"

namespace stagecache::cli {
namespace {

const std::string kFirst = "abcd" + std::string(60, '1');
const std::string kSecond = "abcd" + std::string(60, '2');
const std::string kThird = "ffff" + std::string(60, '3');

class Commands : public testing::Test {
 protected:
  Commands() {
    daemon_.answer("GET /v1/artifacts", 200,
                   R"({"artifacts":[{"sha256":")" + kFirst + R"("},{"sha256":")" + kSecond +
                       R"("},{"sha256":")" + kThird + R"("}]})");
  }

  std::ostringstream out_, err_;
  Console console_{.out = out_, .err = err_};
  FakeDaemon daemon_;
};

TEST_F(Commands, FindADigestByItsBeginningInAnyCase) {
  EXPECT_EQ(full_digest("FFFF", daemon_.client()).value_or(""), kThird);
  EXPECT_EQ(full_digest("abcd1", daemon_.client()).value_or(""), kFirst);
  EXPECT_EQ(full_digest(kThird, daemon_.client()).value_or(""), kThird);
}

TEST_F(Commands, RefuseADigestThatIsShortStrangeUnknownOrAmbiguous) {
  EXPECT_EQ(full_digest("abc", daemon_.client()).error().code, ErrorCode::BadInput);
  EXPECT_EQ(full_digest("abcg", daemon_.client()).error().code, ErrorCode::BadInput);
  EXPECT_EQ(full_digest("../x", daemon_.client()).error().code, ErrorCode::BadInput);
  EXPECT_EQ(full_digest("0000", daemon_.client()).error().message, "no artifact begins with 0000");
  const Error ambiguous = full_digest("abcd", daemon_.client()).error();
  EXPECT_NE(ambiguous.message.find("2 artifacts begin with abcd"), std::string::npos);
  EXPECT_NE(ambiguous.message.find(kSecond), std::string::npos);
}

TEST_F(Commands, PinUnpinAndRemoveByTheAdminRoutes) {
  daemon_.answer("PUT /v1/artifacts/" + kThird + "/pin", 204, "");
  daemon_.answer("DELETE /v1/artifacts/" + kThird + "/pin", 204, "");
  daemon_.answer("DELETE /v1/artifacts/" + kThird, 204, "");
  Arguments arguments;
  arguments.targets = {"ffff"};

  for (const Command command : {Command::Pin, Command::Unpin, Command::Rm}) {
    arguments.command = command;
    EXPECT_EQ(change(arguments, daemon_.client(), console_), kExitOk) << err_.str();
  }

  EXPECT_EQ(out_.str(), "pinned " + kThird + "\nunpinned " + kThird + "\nremoved " + kThird + "\n");
}

TEST_F(Commands, GoOnAfterOneThatFailsAndSayWhy) {
  daemon_.answer("DELETE /v1/artifacts/" + kFirst, 409,
                 R"({"error":{"code":"conflict","message":"it is pinned"}})");
  daemon_.answer("DELETE /v1/artifacts/" + kThird, 204, "");
  Arguments arguments;
  arguments.command = Command::Rm;
  arguments.targets = {kFirst, kThird};

  EXPECT_EQ(change(arguments, daemon_.client(), console_), kExitFinding);
  EXPECT_EQ(err_.str(), "stagecache: it is pinned\n");
  EXPECT_EQ(out_.str(), "removed " + kThird + "\n");
}

TEST_F(Commands, SayWhereNoDaemonAnswersAndWhatToDo) {
  FakeDaemon nobody;
  EXPECT_EQ(stats({}, nobody.client(), console_), kExitFinding);
  EXPECT_EQ(err_.str(),
            "stagecache: no daemon answers at http://h:1 (connection refused); start one with "
            "`stagecache serve` or name it with --server\n");
}

TEST_F(Commands, SayThatAnotherServerIsNoDaemon) {
  FakeDaemon stranger;
  stranger.answer("GET /v1/stats", 200, "<html>");
  EXPECT_EQ(stats({}, stranger.client(), console_), kExitFinding);
  EXPECT_NE(err_.str().find("is no JSON"), std::string::npos);
}

TEST_F(Commands, EscapeTheQuery) {
  daemon_.answer("GET /v1/artifacts?q=a%26b%20c", 200, R"({"artifacts":[]})");
  Arguments arguments;
  arguments.query = "a&b c";

  EXPECT_EQ(ls(arguments, daemon_.client(), console_), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "no artifacts\n");
}

TEST_F(Commands, HandTheDaemonsJsonOnForAMachine) {
  daemon_.answer("GET /v1/stats", 200, R"({"quota_bytes":1})");
  Arguments arguments;
  arguments.json = true;

  EXPECT_EQ(stats(arguments, daemon_.client(), console_), kExitOk);
  EXPECT_EQ(out_.str(), "{\"quota_bytes\":1}\n");
}

TEST(AdminClient, SendsTheTokenAndSaysWhenOneIsWanted) {
  FakeDaemon daemon;
  daemon.answer("GET /v1/stats", 401, "");
  const AdminClient client("http://h:1/", "secret", daemon.transport());

  const auto answer = client.call("GET", "/v1/stats");

  EXPECT_EQ(daemon.requests.front().url, "http://h:1/v1/stats");
  EXPECT_EQ(daemon.requests.front().headers, (Headers{{"Authorization", "Bearer secret"}}));
  EXPECT_NE(answer.error().message.find("--token-file"), std::string::npos);
}

class TokenFile : public testing::Test {
 protected:
  std::string holding(std::string_view text) {
    const std::string path = folder_.path() / "token";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  const test::TempFolder folder_;
};

TEST_F(TokenFile, IsReadWithoutTheBlanksAroundTheToken) {
  EXPECT_EQ(read_token(holding(" abc\r\n")).value_or("?"), "abc");
  EXPECT_EQ(read_token("").value_or("?"), "");
}

TEST_F(TokenFile, IsRefusedWhenItCouldNotStandInAHeader) {
  EXPECT_FALSE(read_token(holding("")));
  EXPECT_FALSE(read_token(holding("a\nX-Evil: b")));
  EXPECT_FALSE(read_token("/nowhere/token"));
}

TEST_F(Commands, CheckPrintsFindingsWithTheirPlaces) {
  const test::TempFolder folder;
  const std::string file = folder.path() / "spark_runtime.txt";
  std::ofstream(file) << "CACHE_DISABLED=TRUE\n";
  Arguments arguments;
  arguments.targets = {file};

  EXPECT_EQ(check(arguments, console_), kExitFinding);
  EXPECT_NE(out_.str().find(file + ":1:"), std::string::npos) << out_.str();
}

TEST_F(Commands, CheckOfAFileThatIsNotThereIsAUsageError) {
  Arguments arguments;
  arguments.targets = {"/nowhere/spark_runtime.txt"};
  EXPECT_EQ(check(arguments, console_), kExitUsage);
  EXPECT_NE(err_.str().find("/nowhere/spark_runtime.txt"), std::string::npos);
}

}  // namespace
}  // namespace stagecache::cli
