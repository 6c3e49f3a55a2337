#pragma once
//
// What a person probably meant with a spark_runtime.txt, where the buildpack does
// something else. Pure: it looks at the text and at the buildpack's reading of
// it, and changes neither. In three parts: the file's lines one by one
// (line_findings), the lines that decide a key's value (value_findings), and what
// the values mean together (download_findings).

#include <array>
#include <string>
#include <string_view>

#include "buildpack_line.h"
#include "spark_defaults.h"
#include "stagecache/manifest/spark_runtime.h"

namespace stagecache::manifest {

/// More are cut off: a file of a megabyte can hold a mistake in every line.
inline constexpr std::size_t kMaxFindings = 200;

/// All of them, in the order of their lines, at most kMaxFindings.
/// `runtime.findings` is not looked at.
Findings find_in_spark_runtime(std::string_view text, const SparkRuntime& runtime);

/// What the three parts work on. The views live as long as the text.
class Reading {
 public:
  /// REQUIRES: `text` and `runtime` outlive it.
  Reading(std::string_view text, const SparkRuntime& runtime);
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  const Lines& lines() const { return lines_; }

  /// The setting of that key. REQUIRES: `key` is one of kKeys, here and below.
  const Setting& setting(std::string_view key) const;
  /// The line that gives the key its value, be it an empty one; nullptr: none.
  const Line* deciding(std::string_view key) const;
  /// Nothing in the file gives the key a value.
  bool falls_back(std::string_view key) const { return setting(key).is_default; }

 private:
  const Lines lines_;
  const SparkRuntime& runtime_;
  // Looked up once: a file may hold half a million lines that all ask for it.
  std::array<const Line*, kKeys.size()> deciding_{};
};

/// How a line that grep prints for a key goes on behind the key's letters.
enum class LineShape {
  Assignment,        ///< "JDK_URL = x"
  LongerKey,         ///< "JDK_URL_BACKUP=x"
  NoEquals,          ///< "JDK_URL", "JDK_URL: x": the whole line is the value.
  TextBeforeEquals,  ///< "JDK_URL: http://a?x=y"
};
/// REQUIRES: match_key(line, key).
LineShape shape_of(std::string_view line, std::string_view key);

void add_line_findings(const Reading& reading, Findings& findings);
void add_value_findings(const Reading& reading, Findings& findings);
void add_download_findings(const Reading& reading, Findings& findings);

/// Fit to be shown: controls and bytes that are no UTF-8 become '?', long text is
/// cut at kShownBytes.
std::string shown(std::string_view text);
inline constexpr std::size_t kShownBytes = 200;

/// A corrected line for `Finding::fix`; "" when it could not be shown whole.
std::string as_fix(std::string line);

/// "its default (spark-2.1.0-bin-hadoop2.7.tgz)", or "no value" where there is none.
std::string default_text(std::string_view key);

bool is_blank(char c);                         ///< ASCII white space.
bool is_key_character(char c);                 ///< A letter, digit, '_', '-' or '.'.
std::string_view trim(std::string_view text);  ///< Without it at both ends.

/// Where `part` of `line` begins, from 1. REQUIRES: `part` lies within `line`.
std::uint32_t column_of(std::string_view line, std::string_view part);

}  // namespace stagecache::manifest
