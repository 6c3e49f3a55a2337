#pragma once
// Values as lines for people. Nothing here prints. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "cli/answers.h"
#include "cli/console.h"

namespace stagecache::cli {

/// What came from elsewhere, fit for a terminal: control bytes become '?'.
std::string printable(std::string_view text);

/// What a person calls the item: the base name of its URL, or the URL.
std::string short_name(const Item& item);

/// One item on one line of at most `columns`:
/// "spark.tgz  [######------]  47.1 MiB of 94.2 MiB  50 %".
std::string bar_line(const Item& item, std::size_t columns);

/// All items within the terminal; what does not fit is counted in the last line.
std::vector<std::string> bars(const Job& job, TerminalSize size);

/// "filling spark.tgz: 47.1 MiB of 94.2 MiB (50 %)"
std::string state_line(const Item& item);

/// What became of an item, findings below it:
/// "ready spark.tgz 317.4 MiB sha256 0834..." or "failed <url>: why".
std::string outcome(const Item& item);

/// "file:3:1: warning: text" and, where there is one, a line with the fix.
std::string finding_lines(std::string_view where, const Finding& finding);

/// A line without its end for each list of cells: columns as wide as their widest cell, two
/// blanks between them.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& lines);

}  // namespace stagecache::cli
