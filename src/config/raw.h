#pragma once
//
// Raw is a value as somebody wrote it, before the options table gives it a
// meaning: what the TOML file and the environment have in common. It knows no
// option and no TOML library. Plain value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::config {

struct Raw {
  enum class Kind { Text, Number, Flag, List, Table, Other };
  Kind kind = Kind::Other;
  std::string text;  ///< Text; and for Other, what was written.
  std::int64_t number = 0;
  bool flag = false;
  std::vector<Raw> list;   ///< A list's elements; a table's entries, in the order of their lines.
  std::string key;         ///< Of an entry of a table.
  std::uint32_t line = 0;  ///< From 1; 0: not from a file.

  static Raw of_text(std::string text);
  static Raw of_number(std::int64_t number);
  static Raw of_flag(bool flag);
};

/// The value as an error quotes it, bounded and on one line: "\"8080\"", "[1, 2]".
std::string quoted(const Raw& raw);

/// Reads a TOML text. Fails with BadInput: "<name>:<line>: ...".
Result<Raw> read_toml(std::string_view toml, std::string_view name);

}  // namespace stagecache::config
