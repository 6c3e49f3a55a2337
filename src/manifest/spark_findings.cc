#include "spark_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "stagecache/base/check.h"

namespace stagecache::manifest {
namespace {

/// Where the first NUL stands, as line and column.
Finding nul_finding(std::string_view text) {
  const std::string_view before = text.substr(0, text.find('\0'));
  const auto newlines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0.
  const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  return {.line = static_cast<std::uint32_t>(newlines + 1),
          .column = static_cast<std::uint32_t>(before.size() - line_begin + 1),
          .severity = Severity::Error,
          .text = fmt::format("a NUL byte{} makes grep take the file for binary: the buildpack "
                              "ignores all of it and uses its defaults",
                              utf16 ? " (the file looks like UTF-16)" : ""),
          .fix = "save the file as UTF-8 text without a byte order mark"};
}

/// The gravest survive a cut.
void bound(Findings& findings) {
  if (findings.size() <= kMaxFindings) return;
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    return std::tie(b.severity, a.line, a.column, a.text) <
           std::tie(a.severity, b.line, b.column, b.text);
  });
  findings.resize(kMaxFindings);
  findings.back() = {.severity = Severity::Note,
                     .text = "the file has more findings than are shown here",
                     .fix = ""};
}

void sort_by_place(Findings& findings) {
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    return std::tie(a.line, a.column, a.text) < std::tie(b.line, b.column, b.text);
  });
}

}  // namespace

Findings find_in_spark_runtime(std::string_view text, const SparkRuntime& runtime) {
  if (is_binary(text)) return {nul_finding(text)};

  const Reading reading(text, runtime);
  Findings findings;
  add_line_findings(reading, findings);
  add_value_findings(reading, findings);
  add_download_findings(reading, findings);
  bound(findings);
  sort_by_place(findings);
  return findings;
}

Reading::Reading(std::string_view text, const SparkRuntime& runtime)
    : lines_(split_lines(text)), runtime_(runtime) {
  for (std::size_t i = 0; i < kKeys.size(); ++i) deciding_[i] = deciding_line(lines_, kKeys[i].key);
}

const Setting& Reading::setting(std::string_view key) const {
  for (const Setting* setting :
       {&runtime_.jdk_url, &runtime_.jdk_filename, &runtime_.jdk_sha256, &runtime_.spark_url,
        &runtime_.spark_filename, &runtime_.spark_sha256, &runtime_.cache_disabled}) {
    if (setting->key == key) return *setting;
  }
  check_failed("key is one of kKeys", __FILE__, __LINE__);
}

const Line* Reading::deciding(std::string_view key) const {
  for (std::size_t i = 0; i < kKeys.size(); ++i)
    if (kKeys[i].key == key) return deciding_[i];
  check_failed("key is one of kKeys", __FILE__, __LINE__);
}

LineShape shape_of(std::string_view line, std::string_view key) {
  const std::string_view rest = line.substr(match_key(line, key).value_or(0));
  if (!rest.empty() && is_key_character(rest.front())) return LineShape::LongerKey;
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return LineShape::NoEquals;
  return trim(rest.substr(0, equals)).empty() ? LineShape::Assignment : LineShape::TextBeforeEquals;
}

std::string shown(std::string_view text) {
  const bool cut = text.size() > kShownBytes;
  std::string result(text.substr(0, kShownBytes));
  // A multi-byte character may have been cut in two; ASCII survives either way.
  const bool keep_beyond_ascii = !cut && is_valid_utf8(text);
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !keep_beyond_ascii)) c = '?';
  }
  return cut ? result + "..." : result;
}

std::string as_fix(std::string line) {
  return shown(line) == line ? std::move(line) : std::string();
}

std::string default_text(std::string_view key) {
  const std::string_view value = default_of(key);
  return value.empty() ? "no value" : fmt::format("its default ({})", value);
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::uint32_t column_of(std::string_view line, std::string_view part) {
  return static_cast<std::uint32_t>(part.data() - line.data() + 1);
}

}  // namespace stagecache::manifest
