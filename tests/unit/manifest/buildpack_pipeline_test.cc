// Holds buildpack_words against grep, tail, cut and bash themselves, over files
// made of everything that people and editors put into a spark_runtime.txt.

#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <random>

#include "manifest/spark_defaults.h"
#include "stagecache/manifest/spark_runtime.h"
#include "tests/support/temp_folder.h"

namespace stagecache::manifest {
namespace {

namespace fs = std::filesystem;
using stagecache::test::TempFolder;

constexpr int kFiles = 1'700;
constexpr std::uint32_t kSeed = 20'240'817;

/// Makes files out of fragments. The same seed gives the same files with every
/// standard library: no std distribution is used.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string_view key() { return kKeys[below(kKeys.size())].key; }

  /// A file in which most lines are about `main_key`.
  std::string file(std::string_view main_key) {
    std::string text = one_in(20) ? "\xEF\xBB\xBF" : "";
    const std::size_t lines = below(7);
    for (std::size_t i = 0; i < lines; ++i) text += line(main_key) + end_of_line();
    if (one_in(4)) text += line(main_key);  // No final newline.
    if (one_in(40)) text.insert(below(text.size() + 1), 1, '\0');
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  template <std::size_t kSize>
  std::string pick(const std::string_view (&choices)[kSize]) {
    return std::string(choices[below(kSize)]);
  }

  std::string end_of_line() { return one_in(5) ? "\r\n" : one_in(12) ? "\n\n" : "\n"; }

  std::string line(std::string_view main_key) {
    if (one_in(12)) return pick({"", " ", "\t", "\r", "# a comment", "nonsense", "=", "\xFF"});
    std::string text = in_some_case(one_in(4) ? key() : main_key);
    if (one_in(30)) text.erase(below(text.size()), 1);
    return cover() + text + suffix() + equals() + value();
  }

  std::string in_some_case(std::string_view key) {
    std::string text(key);
    const std::size_t style = below(4);
    if (style < 2) return text;
    for (char& c : text)
      if (style == 2 || one_in(2)) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return one_in(6) ? with_a_twin_beyond_ascii(text) : text;
  }

  /// The long s and the dotless i match; the Kelvin sign and the dotted I do not.
  std::string with_a_twin_beyond_ascii(std::string text) {
    const auto replace = [&text](std::string_view letters, std::string_view twin) {
      const std::size_t at = text.find_first_of(letters);
      if (at != std::string::npos) text.replace(at, 1, twin);
    };
    if (one_in(2)) replace("sS", "\xC5\xBF");
    if (one_in(2)) replace("iI", one_in(2) ? "\xC4\xB1" : "\xC4\xB0");
    if (one_in(4)) replace("kK", "\xE2\x84\xAA");
    return text;
  }

  std::string cover() {
    if (!one_in(6)) return "";
    return pick({" ", "\t", "#", "# ", "export ", "\xEF\xBB\xBF", "x", "\"", "\xC2\xA0", "\r"});
  }
  std::string suffix() {
    if (!one_in(6)) return "";
    return pick({"_BACKUP", "2", ":", ": ", ".old", "-", "\xC3\xA9", " x", "*"});
  }
  std::string equals() {
    if (one_in(14)) return "";
    return pick(
        {"=", "=", "=", " = ", "= ", " =", "\t=\t", "==", "=\r", "\xE3\x80\x80=\xE2\x80\x83"});
  }

  std::string value() {
    std::string text;
    const std::size_t parts = below(4);
    for (std::size_t i = 0; i < parts; ++i) text += part() + (one_in(2) ? blank() : "");
    return text;
  }
  std::string part() {
    if (one_in(10)) return random_bytes();
    return pick({"https://a.example/b-1.2.tgz",
                 "http://x/y?x=1&y=2",
                 "true",
                 "TRUE",
                 "a=b",
                 "=",
                 "\"quoted\"",
                 "'single'",
                 "# note",
                 "*",
                 "?",
                 "[a-z]*",
                 "/*",
                 "~",
                 "$HOME",
                 "`id`",
                 "\\",
                 "\\n",
                 "-n",
                 "-e",
                 "a\\ b",
                 "{a,b}",
                 "!",
                 ";",
                 "&&",
                 "|",
                 "\xC3\xA9",
                 "\xFF",
                 "\xC3",
                 "\xED\xA0\x80",
                 "\xF4\x90\x80\x80",
                 "\xF8\x88\x80\x80\x80",
                 "\xFC\x84\x80\x80\x80\x80",
                 "\xC0\xAF",
                 "\xE0\x80\x80",
                 "\x01",
                 "\x7F",
                 "\x1B[0m",
                 "\xF0\x9F\x98\x80",
                 "%3D",
                 "+",
                 "6bc971e0501501bddf61e9095a752a7f"});
  }
  std::string blank() {
    return pick({" ",
                 "  ",
                 "\t",
                 "\r",
                 "\v",
                 "\f",
                 "\xC2\xA0",
                 "\xC2\x85",
                 "\xE1\x9A\x80",
                 "\xE2\x80\x80",
                 "\xE2\x80\x83",
                 "\xE2\x80\x87",
                 "\xE2\x80\x8A",
                 "\xE2\x80\x8B",
                 "\xE2\x80\xA8",
                 "\xE2\x80\xA9",
                 "\xE2\x80\xAF",
                 "\xE2\x81\x9F",
                 "\xE3\x80\x80",
                 "\xEF\xBB\xBF"});
  }
  std::string random_bytes() {
    std::string bytes;
    for (std::size_t n = 1 + below(5); n > 0; --n)
      bytes += static_cast<char>(one_in(2) ? 0x80 + below(0x80) : 1 + below(0x7F));
    return bytes;
  }

  std::mt19937 random_;
};

struct Case {
  std::string file;
  std::string_view key;
  std::string text;
};

void write(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A case for the key that the file is about, in every fourth file one for any
/// key: a case costs five processes.
std::vector<Case> generate(const fs::path& folder) {
  Generator generator(kSeed);
  std::vector<Case> cases;
  for (int i = 0; i < kFiles; ++i) {
    const std::string file = std::to_string(i);
    const std::string_view key = generator.key();
    const std::string text = generator.file(key);
    write(folder / file, text);
    cases.push_back({file, key, text});
    if (i % 4 == 0) cases.push_back({file, generator.key(), text});
  }
  return cases;
}

/// Runs the script once over all cases and returns what it printed.
std::ifstream run_pipelines(const fs::path& folder, const std::vector<Case>& cases) {
  std::string list;
  for (const Case& one : cases) list += one.file + " " + std::string(one.key) + "\n";
  write(folder / "cases", list);
  const std::string script = STAGECACHE_SOURCE_DIR "/tests/unit/manifest/buildpack_pipeline.sh";
  const std::string command = "bash '" + script + "' '" + folder.string() + "' < '" +
                              (folder / "cases").string() + "' > '" + (folder / "words").string() +
                              "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return std::ifstream(folder / "words", std::ios::binary);
}

std::vector<std::string> next_words(std::ifstream& printed) {
  std::string line;
  if (!std::getline(printed, line)) return {"the script printed too little"};
  std::vector<std::string> words(std::stoul(line));
  for (std::string& word : words) std::getline(printed, word);
  return words;
}

TEST(BuildpackPipeline, ReadsTheSameWordsAsGrepTailCutAndBash) {
  const TempFolder folder;
  const std::vector<Case> cases = generate(folder.path());

  std::ifstream printed = run_pipelines(folder.path(), cases);

  std::size_t with_a_value = 0;
  for (const Case& one : cases) {
    const auto expected = next_words(printed);
    with_a_value += expected.empty() ? 0 : 1;
    ASSERT_EQ(buildpack_words(one.text, one.key), expected)
        << one.key << " in file " << one.file << ": " << testing::PrintToString(one.text);
  }
  std::string rest;
  EXPECT_FALSE(std::getline(printed, rest)) << "the script printed too much: " << rest;
  // Guards the test itself: files that say nothing would agree, too.
  EXPECT_GT(with_a_value, cases.size() / 4);
}

}  // namespace
}  // namespace stagecache::manifest
