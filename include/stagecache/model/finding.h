#pragma once
// A finding: something a person should know about a file or an artifact.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stagecache {

enum class Severity { Note, Warning, Error };
std::string_view to_string(Severity severity);  ///< "note", "warning", "error"

/// `line` and `column` count from 1; 0 where the finding has no place in a text.
struct Finding {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  Severity severity = Severity::Warning;
  std::string text;  ///< One sentence: what is so, and what follows from it.
  std::string fix;   ///< The corrected line or the step to take; may be empty.

  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

}  // namespace stagecache
