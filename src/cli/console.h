#pragma once
// Where a command prints, and what it may print there.

#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>

#include "stagecache/base/result.h"

namespace stagecache::cli {

struct TerminalSize {
  std::size_t columns;
  std::size_t rows;
};

struct Console {
  std::ostream& out;
  std::ostream& err;
  /// Asked before each drawing, for a window changes; nullopt: `out` is no terminal.
  std::function<std::optional<TerminalSize>()> terminal = [] { return std::nullopt; };
};

/// Says what went wrong and returns the exit code for it: usage for BadInput, a
/// failed item for all else.
int report(const Error& error, const Console& console);

/// What stdout is.
std::optional<TerminalSize> terminal_of_stdout();

}  // namespace stagecache::cli
