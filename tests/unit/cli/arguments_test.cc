#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "stagecache/base/file_system.h"

namespace stagecache::cli {
namespace {

Parsed parse(std::vector<const char*> words) {
  words.insert(words.begin(), "stagecache");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

struct Wrong {
  const char* name;
  std::vector<const char*> words;
  const char* named;  ///< What the error must name.
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class WrongArguments : public testing::TestWithParam<Wrong> {};

TEST_P(WrongArguments, AreUsageErrorsThatNameTheThing) {
  const Parsed parsed = parse(GetParam().words);

  EXPECT_FALSE(parsed.arguments);
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_NE(parsed.err.find(GetParam().named), std::string::npos) << parsed.err;
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, WrongArguments, testing::Values(
    Wrong{"Nothing",         {},                           "subcommand"},
    Wrong{"UnknownCommand",  {"frobnicate"},               "frobnicate"},
    Wrong{"UnknownOption",   {"ls", "--colour"},           "--colour"},
    Wrong{"UnknownOptionOfServe", {"serve", "--prot", "1"}, "--prot"},
    Wrong{"OptionWithoutValue", {"serve", "--config"},     "--config"},
    Wrong{"WarmWithoutPath", {"warm"},                     "PATH"},
    Wrong{"CheckWithoutFile", {"check", "--json"},         "FILE"},
    Wrong{"ShowWithoutDigest", {"show"},                   "SHA"},
    Wrong{"LsWithWords",     {"ls", "spark"},              "spark"},
    Wrong{"CheckHasNoServer", {"check", "--server", "x", "f"}, "--server"},
    Wrong{"TwoCommands",     {"stats", "ls"},              "ls"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Arguments, AreThoseOfServe) {
  const Parsed parsed = parse({"serve", "--config", "x.toml", "--check-config"});

  ASSERT_TRUE(parsed.arguments) << parsed.err;
  EXPECT_EQ(parsed.arguments->command, Command::Serve);
  EXPECT_EQ(parsed.arguments->config_file, "x.toml");
  EXPECT_TRUE(parsed.arguments->check_config);
}

TEST(Arguments, AreThoseOfWarm) {
  const Parsed parsed =
      parse({"warm", "a", "https://b/c#sha256=0", "--no-pin", "--json", "--token-file", "t"});

  ASSERT_TRUE(parsed.arguments) << parsed.err;
  EXPECT_EQ(parsed.arguments->command, Command::Warm);
  EXPECT_EQ(parsed.arguments->targets, (std::vector<std::string>{"a", "https://b/c#sha256=0"}));
  EXPECT_TRUE(parsed.arguments->no_pin);
  EXPECT_TRUE(parsed.arguments->json);
  EXPECT_EQ(parsed.arguments->token_file, "t");
}

TEST(Arguments, AreThoseOfWhyLedgerAndOffline) {
  EXPECT_EQ(parse({"why", "http://a/x"}).arguments->command, Command::Why);
  EXPECT_TRUE(parse({"warm", "--offline-check", "x"}).arguments->offline_check);
  EXPECT_EQ(parse({"ledger", "--url", "u", "--limit", "5"}).arguments->limit, 5u);
  EXPECT_EQ(parse({"offline", "on"}).arguments->targets, std::vector<std::string>{"on"});
  EXPECT_EQ(parse({"offline"}).exit_code, kExitUsage);
  EXPECT_EQ(parse({"offline", "maybe"}).exit_code, kExitUsage);
  EXPECT_EQ(parse({"ledger", "--limit", "many"}).exit_code, kExitUsage);
}

TEST(Arguments, KnowEveryArtifactCommand) {
  const std::vector<std::pair<const char*, Command>> kCommands{{"show", Command::Show},
                                                               {"rm", Command::Rm},
                                                               {"pin", Command::Pin},
                                                               {"unpin", Command::Unpin}};
  for (const auto& [name, command] : kCommands) {
    const Parsed parsed = parse({name, "abcd", "ef01"});
    ASSERT_TRUE(parsed.arguments) << name << parsed.err;
    EXPECT_EQ(parsed.arguments->command, command);
    EXPECT_EQ(parsed.arguments->targets.size(), 2u);
  }
}

TEST(Arguments, TakeTheServerFromTheOptionThenTheEnvironmentThenTheDefault) {
  ::unsetenv("STAGECACHE_SERVER");
  EXPECT_EQ(parse({"ls"}).arguments->server, "http://127.0.0.1:8081");

  ::setenv("STAGECACHE_SERVER", "http://a:1", 1);
  EXPECT_EQ(parse({"ls"}).arguments->server, "http://a:1");
  EXPECT_EQ(parse({"ls", "--server", "http://b:2"}).arguments->server, "http://b:2");
  ::unsetenv("STAGECACHE_SERVER");
}

TEST(Arguments, ShowHelpAndVersionAsSuccess) {
  const Parsed help = parse({"--help"});
  EXPECT_EQ(help.exit_code, kExitOk);
  EXPECT_FALSE(help.arguments);
  for (const char* command :
       {"serve", "warm", "check", "ls", "show", "rm", "pin", "unpin", "stats"})
    EXPECT_NE(help.out.find(command), std::string::npos) << command;
  EXPECT_EQ(help.out.find("print-config"), std::string::npos);

  EXPECT_EQ(parse({"--version"}).out, "stagecache " + std::string(kVersion) + "\n");
}

TEST(Arguments, ShowEveryConfigurationOptionInTheHelpOfServe) {
  EXPECT_NE(parse({"serve", "--help"}).out.find("store.quota"), std::string::npos);
}

TEST(Version, IsTheProjects) {
  const auto text = read_file(std::string(STAGECACHE_SOURCE_DIR) + "/CMakeLists.txt", 1 << 20);

  ASSERT_TRUE(text);
  EXPECT_NE(text->find("VERSION " + std::string(kVersion) + " "), std::string::npos);
}

}  // namespace
}  // namespace stagecache::cli
