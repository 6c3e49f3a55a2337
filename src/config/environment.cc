// STAGECACHE_<SECTION>_<KEY>: the same options, from the environment.

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "config/apply.h"
#include "config/nearest.h"

namespace stagecache::config {
namespace {

constexpr std::string_view kPrefix = "STAGECACHE_";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

Raw number_or_text(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? Raw::of_number(number) : Raw::of_text(text);
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

/// "a, b" -> ["a", "b"]; "" -> [].
Raw list_of(std::string_view text) {
  Raw raw;
  raw.kind = Raw::Kind::List;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (std::string element = trimmed(text.substr(0, comma)); !element.empty())
      raw.list.push_back(Raw::of_text(std::move(element)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return raw;
}

/// The environment has only texts; the row says what this one stands for.
Raw raw_of(OptionType type, const std::string& text) {
  switch (type) {
    case OptionType::TextList: return list_of(text);
    case OptionType::Count: return number_or_text(text);
    case OptionType::Flag:
      if (text == "true" || text == "false") return Raw::of_flag(text == "true");
      return Raw::of_text(text);
    default: return Raw::of_text(text);
  }
}

bool belongs_to_a_section(std::string_view name) {
  for (const Section& section : sections())
    if (name.starts_with(fmt::format("{}{}_", kPrefix, upper(section.name)))) return true;
  return false;
}

std::unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Option<Config>& option : options()) names.push_back(environment_name(option));
  return fail(ErrorCode::BadInput, fmt::format("environment: unknown {} (did you mean {}?)", name,
                                               nearest(name, {names.begin(), names.end()})));
}

}  // namespace

std::string environment_name(const Option<Config>& option) {
  return fmt::format("{}{}_{}", kPrefix, upper(option.section), upper(option.key));
}

Status apply_environment(const Environment& env, Config& config) {
  Environment left = env;
  for (const Option<Config>& option : options()) {
    const std::string name = environment_name(option);
    const auto variable = left.extract(name);
    if (variable.empty()) continue;
    const auto set = set_option(option, raw_of(option.limits.type, variable.mapped()), config);
    if (!set)
      return fail(ErrorCode::BadInput,
                  fmt::format("environment: {}", wants(name, option.limits.type, "", set.error())));
  }
  for (const auto& [name, value] : left)
    if (belongs_to_a_section(name)) return unknown(name);
  return {};
}

Environment environment() {
  Environment env;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == text.npos || !text.starts_with(kPrefix)) continue;
    env.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return env;
}

}  // namespace stagecache::config
