// The generated files follow the options table, and the sample is true.

#include <gtest/gtest.h>

#include <set>

#include "config/apply.h"
#include "stagecache/base/file_system.h"
#include "stagecache/config/config.h"

namespace stagecache::config {
namespace {

std::string file_in_the_repository(const std::string& name) {
  const auto text = read_file(std::string(STAGECACHE_SOURCE_DIR) + "/" + name, 1 << 20);
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

/// Takes `mark` away from the lines that begin with it and that `wanted` likes.
template <class Wanted>
std::string uncommented(std::string_view text, std::string_view mark, Wanted wanted) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(mark) && wanted(line.substr(mark.size()))) line.remove_prefix(mark.size());
    out += std::string(line) + "\n";
  }
  return out;
}

bool is_option(std::string_view rest) {
  return !rest.empty() && rest.front() >= 'a' && rest.front() <= 'z';
}

TEST(SampleToml, IsTheFileInConf) {
  EXPECT_EQ(file_in_the_repository("conf/stagecache.toml"), sample_toml())
      << "run: stagecache print-config-sample > conf/stagecache.toml";
}

TEST(ReferenceMarkdown, IsTheFileInDocs) {
  EXPECT_EQ(file_in_the_repository("docs/configuration.md"), reference_markdown())
      << "run: stagecache print-config-reference > docs/configuration.md";
}

TEST(SampleToml, IsTheDefaultsAsItStands) {
  const auto config = parse(sample_toml(), "sample", {});

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(*config, Config{});
}

TEST(SampleToml, IsTheDefaultsWithEveryOptionUncommented) {
  const std::string text = uncommented(sample_toml(), "#", is_option);
  const auto config = parse(text, "sample", {});

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(*config, Config{});
  for (const Option<Config>& option : options())
    EXPECT_NE(text.find("\n" + std::string(option.key) + " = "), std::string::npos) << option.key;
}

TEST(SampleToml, HasTablesThatParse) {
  const std::string text =
      uncommented(sample_toml(), "#   ", [](std::string_view) { return true; });
  const auto config = parse(text, "sample", {});

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->hosts.size(), 1u);
  EXPECT_EQ(config->mirrors.size(), 1u);
  EXPECT_EQ(config->warm.size(), 2u);
}

TEST(OptionsTable, HasNoRowTwice) {
  std::set<std::string> names;
  for (const Option<Config>& option : options())
    EXPECT_TRUE(names.insert(environment_name(option)).second) << option.key;
}

TEST(OptionsTable, HasExamplesThatItTakes) {
  for (const Option<Config>& option : options()) {
    if (option.example.empty()) continue;
    const std::string toml = "[" + std::string(option.section) + "]\n" + std::string(option.key) +
                             " = " + std::string(option.example);
    const auto config = parse(toml, "example", {});
    EXPECT_TRUE(config) << config.error().message;
  }
}

TEST(OptionsHelp, NamesEveryOption) {
  const std::string help = options_help();
  for (const Option<Config>& option : options())
    EXPECT_NE(help.find(std::string(option.section) + "." + std::string(option.key)),
              std::string::npos);
}

}  // namespace
}  // namespace stagecache::config
