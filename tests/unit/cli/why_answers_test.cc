#include "cli/why_answers.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stagecache::cli {
namespace {

TEST(ReadWhy, TakesWhatIsThereAndMissesNothing) {
  const auto answer = read_why(R"({"url":"https://a.org/x.tgz","state":"not stored",
      "served_offline":false,"allowed":true,"denied":null,"size":null,
      "failure":{"message":"answered 404","at":"2026-11-24T10:00:00Z","times":2,"next_try_s":3},
      "ledger":[{"time":"t","event":"failed","url":"u","sha256":null,"detail":"answered 404"}],
      "advice":["do this"]})");

  ASSERT_TRUE(answer);
  const std::string text = why_text(*answer);
  for (const char* part : {"https://a.org/x.tgz", "not stored", "answered 404", "2 in a row",
                           "in 3 s", "would not be served", "ledger     t failed u", "do this"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(ReadWhy, StrangeAnswersAreErrorsOrEmpty) {
  for (const char* body : {"", "[]", "{}", "nonsense", R"({"entries":1})"})
    EXPECT_FALSE(read_why(body)) << body;
  EXPECT_TRUE(read_why(R"({"served_offline":1,"ledger":[1,{}],"advice":7,"failure":[]})"));
}

TEST(WhyText, NeverDrawsOnTheTerminal) {
  WhyAnswer answer{.url = "a\x1b[31m", .ledger = {{.time = "t", .event = "e", .url = "u\x07"}}};

  EXPECT_EQ(why_text(answer).find('\x1b'), std::string::npos);
  EXPECT_EQ(why_text(answer).find('\x07'), std::string::npos);
}

TEST(Ledger, IsALineAnEntry) {
  const char* body = R"({"entries":[{"time":"t","event":"stored","url":"u","sha256":"ab",
      "strength":"declared"},{"time":"t2","event":"failed","url":"u","detail":"why"}]})";

  EXPECT_EQ(ledger_text(read_ledger(body).value()),
            "t stored u sha256 ab (declared)\nt2 failed u: why\n");
  const std::string lines = ledger_json_lines(body).value();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_EQ(ledger_text({}), "no entries\n");
  EXPECT_FALSE(read_ledger("{}"));
}

}  // namespace
}  // namespace stagecache::cli
