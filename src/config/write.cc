// The options tables as a sample file, as a document and as help.

#include <fmt/format.h>

#include "config/apply.h"

namespace stagecache::config {
namespace {

/// Breaks at blanks so that no line passes `width`, each line behind `prefix`.
std::string wrapped(std::string_view text, std::string_view prefix, std::size_t width) {
  std::string out, line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && prefix.size() + line.size() + 1 + word.size() > width) {
      out += fmt::format("{}{}\n", prefix, line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return line.empty() ? out : out + fmt::format("{}{}\n", prefix, line);
}

constexpr std::size_t kSampleWidth = 100;

void write_section(const Section& section, std::string& out) {
  out += fmt::format("\n# {}\n[{}]\n", section.help, section.name);
  for (const Option<Config>& option : options()) {
    if (option.section != section.name) continue;
    out += wrapped(option.help, "# ", kSampleWidth);
    if (!option.example.empty())
      out += fmt::format("# Example: {} = {}\n", option.key, option.example);
    out += fmt::format("#{} = {}\n", option.key, option.default_toml);
  }
}

/// `keys`: which rows make one table that parses.
template <class Target>
void write_table(const std::vector<Option<Target>>& rows, std::vector<std::string_view> keys,
                 std::string& out) {
  out += fmt::format("#   [[{}]]\n", rows.front().section);
  for (const Option<Target>& row : rows)
    for (const std::string_view key : keys)
      if (row.key == key)
        out +=
            fmt::format("#   {} = {}\n", key, row.example.empty() ? row.default_toml : row.example);
}

std::string in_a_cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", in_a_cell(text));
}

template <class Target>
std::string what_it_takes(const Option<Target>& option) {
  const std::string bounds = describe_bounds(option.limits);
  return fmt::format("{}{}{}", describe(option.limits.type), bounds.empty() ? "" : ", ", bounds);
}

template <class Target>
void document_row(const Option<Target>& row, std::string& out) {
  const std::string example =
      row.example.empty() ? "" : fmt::format(" Example: {}.", code(row.example));
  out += fmt::format("| `{}` | {} | {} | {}{} |\n", row.key, what_it_takes(row),
                     code(row.default_toml), in_a_cell(row.help), example);
}

constexpr std::string_view kTableHead =
    "| key | takes | default | what it does |\n|---|---|---|---|\n";

template <class Target>
void document_table(const Section& table, const std::vector<Option<Target>>& rows,
                    std::string& out) {
  out += fmt::format("\n## `[[{}]]`\n\n{}\n\n{}", table.name, table.help, kTableHead);
  for (const Option<Target>& row : rows) document_row(row, out);
}

}  // namespace

std::string sample_toml() {
  std::string out =
      "# stagecache: every option with its default. Generated from the options table\n"
      "# (stagecache print-config-sample). Take away the first '#' of a line to change it.\n"
      "# Sizes: \"20GiB\" (2^30), \"20GB\" (10^9). Durations: \"250ms\", \"90s\", \"15m\", \"2h\", "
      "\"7d\".\n"
      "# STAGECACHE_<SECTION>_<KEY> in the environment overrides, lists with commas.\n";
  for (const Section& section : sections()) write_section(section, out);
  const auto& tables = table_arrays();
  out += fmt::format("\n{}", wrapped(tables[0].help, "# ", kSampleWidth));
  write_table(host_options(),
              {"name", "scheme", "ports", "allow_private", "connections", "rate", "weekly_bytes"},
              out);
  out += fmt::format("\n{}", wrapped(tables[1].help, "# ", kSampleWidth));
  write_table(mirror_options(), {"prefix", "also", "first"}, out);
  out += fmt::format("\n{}", wrapped(tables[2].help, "# ", kSampleWidth));
  write_table(warm_options(), {"url", "sha256"}, out);
  write_table(warm_options(), {"spark_runtime"}, out);
  return out;
}

std::string reference_markdown() {
  std::string out =
      "# Configuration\n\n"
      "Generated from the options table (`stagecache print-config-reference`). The file is TOML, "
      "named by\n"
      "`stagecache serve --config FILE`; without one everything has its default. `stagecache serve "
      "--config FILE\n"
      "--check-config` reads it and says what is wrong. Every option outside of `[[...]]` can also "
      "be set by the\n"
      "environment variable `STAGECACHE_<SECTION>_<KEY>`, for example "
      "`STAGECACHE_STORE_QUOTA=20GiB`, which\n"
      "overrides the file; a list has commas there. Unknown sections, keys and such variables are "
      "errors.\n\n"
      "A size is `20GiB` (2^30), `20GB` (10^9) or a number of bytes; a duration is `250ms`, `90s`, "
      "`15m`, `2h`,\n"
      "`7d` or a number of seconds.\n";
  for (const Section& section : sections()) {
    out += fmt::format("\n## `[{}]`\n\n{}\n\n{}", section.name, section.help, kTableHead);
    for (const Option<Config>& option : options())
      if (option.section == section.name) document_row(option, out);
  }
  const auto& tables = table_arrays();
  document_table(tables[0], host_options(), out);
  document_table(tables[1], mirror_options(), out);
  document_table(tables[2], warm_options(), out);
  return out;
}

std::string options_help() {
  std::string out;
  for (const Option<Config>& option : options())
    out += fmt::format("  {:<26}{}\n", fmt::format("{}.{}", option.section, option.key),
                       option.default_toml);
  return out;
}

}  // namespace stagecache::config
