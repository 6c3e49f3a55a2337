// The only file that knows toml++. Its exceptions end here.

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "config/raw.h"

namespace stagecache::config {
namespace {

Raw raw_of(const toml::node& node);

Raw raw_of_table(const toml::table& table) {
  Raw raw;
  raw.kind = Raw::Kind::Table;
  for (const auto& [key, value] : table) {
    raw.list.push_back(raw_of(value));
    raw.list.back().key = key.str();
  }
  // toml++ sorts by name; a person reads errors from the top of the file.
  std::ranges::sort(raw.list, {}, &Raw::line);
  return raw;
}

Raw raw_of_array(const toml::array& array) {
  Raw raw;
  raw.kind = Raw::Kind::List;
  for (const toml::node& element : array) raw.list.push_back(raw_of(element));
  return raw;
}

Raw raw_of_other(const toml::node& node) {
  std::ostringstream written;
  node.visit([&](const auto& value) {
    if constexpr (!toml::is_table<decltype(value)> && !toml::is_array<decltype(value)>)
      written << value.get();
  });
  Raw raw;
  raw.text = std::move(written).str();
  return raw;
}

Raw raw_of_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return Raw::of_text(text->get());
  if (const auto* number = node.as_integer()) return Raw::of_number(number->get());
  if (const auto* flag = node.as_boolean()) return Raw::of_flag(flag->get());
  if (const auto* array = node.as_array()) return raw_of_array(*array);
  if (const auto* table = node.as_table()) return raw_of_table(*table);
  return raw_of_other(node);
}

/// An array of tables, or a table that only its children's headers imply, may
/// carry no line of its own: then its first child's counts.
std::uint32_t line_of(const toml::node& node, const Raw& raw) {
  if (const std::uint32_t line = node.source().begin.line; line > 0) return line;
  if (!raw.list.empty()) return raw.list.front().line;
  return 0;
}

Raw raw_of(const toml::node& node) {
  Raw raw = raw_of_value(node);
  raw.line = line_of(node, raw);
  return raw;
}

}  // namespace

Result<Raw> read_toml(std::string_view toml, std::string_view name) {
  try {
    return raw_of(toml::parse(toml, std::string(name)));
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::BadInput,
                fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
}

}  // namespace stagecache::config
