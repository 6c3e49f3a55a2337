#pragma once
//
// The steps of the buildpack's pipeline, one function each:
//
//     grep -i "^KEY" | tail -n 1 | cut -d = -f 2 | grep -oE "\S+"
//
// in the locale that staging runs in (UTF-8: Cloud Controller sets
// LANG=en_US.UTF-8). Pure. tests/unit/manifest/buildpack_pipeline_test.cc holds
// them against the programs themselves.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagecache::manifest {

/// One line without its '\n' (a '\r' before it stays: grep keeps it, too).
struct Line {
  std::string_view text;
  std::uint32_t number = 0;  ///< From 1.
};
using Lines = std::vector<Line>;

/// An empty last line behind the final '\n' is none.
Lines split_lines(std::string_view text);

/// grep takes a file with a NUL byte for binary and prints none of its lines.
/// It looks for the NUL in its first 96 KiB only; we look everywhere.
bool is_binary(std::string_view text);

/// How many bytes at the beginning of `text` are whole characters.
std::size_t valid_utf8_length(std::string_view text);

/// Every byte belongs to a character as glibc's UTF-8 decoder sees it, which
/// knows sequences of five and six bytes, too. grep leaves other lines out.
bool is_valid_utf8(std::string_view text);

/// How many bytes of `text` match KEY at its beginning, in any case; nullopt
/// when they do not. REQUIRES: `key` is upper-case ASCII.
std::optional<std::size_t> match_key(std::string_view text, std::string_view key);

/// grep would print this line for `key`.
bool is_printed(const Line& line, std::string_view key);

/// The last line that grep prints; nullptr when there is none.
const Line* deciding_line(const Lines& lines, std::string_view key);

/// What stands between the first and the second '='; all of it without any '='.
std::string_view second_field(std::string_view line);

/// The runs of characters that are no white space. REQUIRES: is_valid_utf8(field).
std::vector<std::string> split_words(std::string_view field);

}  // namespace stagecache::manifest
