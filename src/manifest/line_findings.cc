// Findings about single lines: what hides a key from grep, what grep takes for a
// key though nobody meant it, and what means nothing to the buildpack.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "spark_findings.h"

namespace stagecache::manifest {
namespace {

/// Bounds the memory for a megabyte of mistakes; far more than will be shown.
constexpr std::size_t kMaxLooked = 10'000;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kExport = "export";

/// The key of kKeys that the line begins with; "" when it begins with none.
std::string_view key_at_start(std::string_view line) {
  for (const KeyDefault& row : kKeys)
    if (match_key(line, row.key)) return row.key;
  return "";
}

// ---- Lines that grep prints, or nearly --------------------------------------

Finding undecodable(const Reading& reading, const Line& line, std::string_view key) {
  return {.line = line.number,
          .column = static_cast<std::uint32_t>(valid_utf8_length(line.text) + 1),
          .severity = reading.falls_back(key) ? Severity::Error : Severity::Warning,
          .text = fmt::format("the line holds bytes that are no UTF-8, so grep leaves it out: the "
                              "buildpack does not see this {}",
                              key),
          .fix = "save the file as UTF-8"};
}

Finding longer_key(const Reading& reading, const Line& line, std::string_view key) {
  const bool decides = reading.deciding(key) == &line;
  const auto column = static_cast<std::uint32_t>(key.size() + 1);
  if (!decides) {
    return {.line = line.number,
            .column = column,
            .severity = Severity::Note,
            .text = fmt::format("the buildpack takes every line that begins with {0} for {0}; this "
                                "one does no harm only because a later one wins",
                                key),
            .fix = as_fix(fmt::format("#{}", trim(line.text)))};
  }
  const Setting& setting = reading.setting(key);
  return {
      .line = line.number,
      .column = column,
      .severity = Severity::Error,
      .text = fmt::format("the line begins with {} and is the last that does, so the buildpack "
                          "takes its value for {}: it uses {}",
                          key, key, setting.is_default ? default_text(key) : shown(setting.text())),
      .fix = as_fix(fmt::format("#{}", trim(line.text)))};
}

/// The value that was meant by "KEY: value" or "KEY value".
std::string_view value_behind(std::string_view line, std::string_view key) {
  std::string_view rest = trim(line.substr(*match_key(line, key)));
  if (rest.starts_with(':')) rest = trim(rest.substr(1));
  return rest;
}

Finding badly_assigned(const Reading& reading, const Line& line, std::string_view key) {
  const std::string_view value = value_behind(line.text, key);
  const bool decides = reading.deciding(key) == &line;
  const auto words = split_words(second_field(line.text));
  return {.line = line.number,
          .column = static_cast<std::uint32_t>(*match_key(line.text, key) + 1),
          .severity = decides ? Severity::Error : Severity::Warning,
          .text = fmt::format("{} is not followed by '=': the buildpack's value is {}, \"{}\"", key,
                              shape_of(line.text, key) == LineShape::NoEquals
                                  ? "the whole line"
                                  : "what stands behind the first '='",
                              shown(fmt::format("{}", trim(second_field(line.text))))),
          .fix = value.empty() || value.contains('=') ? std::string()
                                                      : as_fix(fmt::format("{}={}", key, value))};
}

/// REQUIRES: the line is an assignment and not the deciding one.
Finding overridden(const Reading& reading, const Line& line, std::string_view key) {
  const bool same = split_words(second_field(line.text)) ==
                    split_words(second_field(reading.deciding(key)->text));
  return {.line = line.number,
          .column = 1,
          .severity = same ? Severity::Note : Severity::Warning,
          .text = fmt::format(
              "the line has no effect: line {} sets {} again, {}, and the last wins",
              reading.deciding(key)->number, key, same ? "to the same value" : "to another value"),
          .fix = as_fix(fmt::format("#{}", trim(line.text)))};
}

/// Only a deciding line that was meant to decide is told of as overriding.
bool is_plain_assignment(const Line& line, std::string_view key) {
  return shape_of(line.text, key) == LineShape::Assignment &&
         !split_words(second_field(line.text)).empty();
}

void add_for_matching_line(const Reading& reading, const Line& line, std::string_view key,
                           Findings& findings) {
  if (!is_valid_utf8(line.text)) {
    findings.push_back(undecodable(reading, line, key));
    return;
  }
  switch (shape_of(line.text, key)) {
    case LineShape::LongerKey: findings.push_back(longer_key(reading, line, key)); return;
    case LineShape::NoEquals:
    case LineShape::TextBeforeEquals:
      findings.push_back(badly_assigned(reading, line, key));
      return;
    case LineShape::Assignment:
      const Line* const deciding = reading.deciding(key);
      if (deciding != &line && is_plain_assignment(*deciding, key))
        findings.push_back(overridden(reading, line, key));
      return;
  }
}

// ---- Lines that grep does not print -----------------------------------------

/// Something in front of a key that keeps grep from seeing it.
enum class Cover { None, ByteOrderMark, Blank, Comment, Export };

struct Covered {
  Cover cover = Cover::None;  ///< The outermost.
  std::string_view line;      ///< What is left without any.
};

/// Takes one cover off; false when there is none.
bool uncover(Covered& covered) {
  std::string_view& line = covered.line;
  const auto take = [&](std::size_t bytes, Cover cover) {
    line.remove_prefix(bytes);
    if (covered.cover == Cover::None) covered.cover = cover;
    return true;
  };
  if (line.starts_with(kByteOrderMark)) return take(kByteOrderMark.size(), Cover::ByteOrderMark);
  if (line.empty()) return false;
  if (is_blank(line[0])) return take(1, Cover::Blank);
  if (line[0] == '#') return take(1, Cover::Comment);
  if (line.starts_with(kExport) && line.size() > kExport.size() && is_blank(line[kExport.size()]))
    return take(kExport.size() + 1, Cover::Export);
  return false;
}

Covered uncover_all(std::string_view line) {
  Covered covered{.line = line};
  while (uncover(covered)) {
  }
  return covered;
}

std::string_view reason_of(Cover cover) {
  switch (cover) {
    case Cover::ByteOrderMark: return "a UTF-8 byte order mark stands before";
    case Cover::Blank: return "a blank stands before";
    case Cover::Export: return "\"export\" stands before";
    case Cover::Comment:
    case Cover::None: break;
  }
  return "'#' stands before";
}

/// A key stands in the line, but not at its beginning.
void add_for_covered_key(const Reading& reading, const Line& line, const Covered& covered,
                         std::string_view key, Findings& findings) {
  // A comment beside the real line is somebody's note of another version.
  const bool is_comment = covered.cover == Cover::Comment;
  if (is_comment && !reading.falls_back(key)) return;
  const Severity if_lost = is_comment ? Severity::Note : Severity::Error;
  findings.push_back(
      {.line = line.number,
       .column = 1,
       .severity = reading.falls_back(key) ? if_lost : Severity::Warning,
       .text = fmt::format(
           "{} {}, so the buildpack does not see the line: it uses {}", reason_of(covered.cover),
           key, reading.falls_back(key) ? default_text(key) : shown(reading.setting(key).text())),
       .fix = as_fix(std::string(trim(covered.line)))});
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

/// "JDK_SHA" -> JDK_SHA256, "SPRAK_URL" -> SPARK_URL; "" when nothing is near.
std::string_view nearest_key(std::string_view name) {
  constexpr std::size_t kFar = 3;       // Two slips of the finger are near.
  constexpr std::size_t kShortest = 7;  // "JDK_SHA"; "JDK" alone names three keys.
  constexpr std::size_t kLongest = 20;
  if (name.size() > kLongest) return "";
  const std::string upper = to_upper(name);
  std::string_view nearest;
  std::size_t least = kFar;
  for (const KeyDefault& row : kKeys) {
    if (upper.size() >= kShortest && row.key.starts_with(upper)) return row.key;
    const std::size_t distance = edit_distance(upper, row.key);
    if (distance < least) least = distance, nearest = row.key;
  }
  return nearest;
}

/// "name" of a line "name = value"; "" of any other.
std::string_view assigned_name(std::string_view line) {
  const std::string_view name = trim(line.substr(0, line.find('=')));
  const bool good = line.contains('=') && std::ranges::all_of(name, is_key_character);
  return good ? name : std::string_view();
}

Finding without_meaning(const Line& line) {
  const std::string_view name = assigned_name(line.text);
  if (name.empty()) {
    return {.line = line.number,
            .column = 1,
            .severity = Severity::Note,
            .text = "the line begins with none of the buildpack's keys, which ignores it",
            .fix = ""};
  }
  const std::string_view nearest = nearest_key(name);
  if (nearest.empty()) {
    return {.line = line.number,
            .column = 1,
            .severity = Severity::Note,
            .text = fmt::format("the buildpack knows no key {}, and ignores the line", shown(name)),
            .fix = ""};
  }
  const std::string_view value = trim(line.text.substr(line.text.find('=') + 1));
  return {.line = line.number,
          .column = 1,
          .severity = Severity::Warning,
          .text = fmt::format("the buildpack knows no key {}, and ignores the line; {} is one",
                              shown(name), nearest),
          .fix = as_fix(fmt::format("{}={}", nearest, value))};
}

void add_for_other_line(const Reading& reading, const Line& line, Findings& findings) {
  const Covered covered = uncover_all(line.text);
  const std::string_view key = key_at_start(covered.line);
  if (!key.empty() && shape_of(covered.line, key) == LineShape::Assignment) {
    add_for_covered_key(reading, line, covered, key, findings);
  } else if (covered.line.empty() || covered.cover == Cover::Comment ||
             covered.cover == Cover::ByteOrderMark) {
    return;  // A comment, or nothing at all.
  } else {
    findings.push_back(without_meaning(line));
  }
}

}  // namespace

void add_line_findings(const Reading& reading, Findings& findings) {
  for (const Line& line : reading.lines()) {
    if (findings.size() > kMaxLooked) return;
    const std::string_view key = key_at_start(line.text);
    if (key.empty()) {
      add_for_other_line(reading, line, findings);
    } else {
      add_for_matching_line(reading, line, key, findings);
    }
  }
}

}  // namespace stagecache::manifest
