// Findings about the line that decides a key's value: what the shell pipeline
// makes of the value that a person wrote there.

#include <fmt/format.h>

#include <algorithm>

#include "spark_findings.h"

namespace stagecache::manifest {
namespace {

/// A key's deciding line. INVARIANT: it has the shape of an assignment.
struct Decided {
  std::string_view key;
  const Line& line;
  const Setting& setting;

  /// All behind the first '=', trimmed: what a person sees as the value.
  std::string_view written() const { return trim(line.text.substr(line.text.find('=') + 1)); }
  Finding finding(Severity severity, std::string_view at, std::string text,
                  std::string fixed_value = "") const {
    return {.line = line.number,
            .column = column_of(line.text, at),
            .severity = severity,
            .text = std::move(text),
            .fix = fixed_value.empty() ? "" : as_fix(fmt::format("{}={}", key, fixed_value))};
  }
};

bool is_url(std::string_view key) {
  return key.ends_with("_URL");
}
bool is_sha256(std::string_view key) {
  return key.ends_with("_SHA256");
}
bool is_filename(std::string_view key) {
  return key.ends_with("_FILENAME");
}

// ---- Empty values -----------------------------------------------------------

/// The last line before the deciding one that gave the key a value.
const Line* hidden_by(const Reading& reading, const Decided& decided) {
  const Line* hidden = nullptr;
  for (const Line& line : reading.lines()) {
    if (line.number >= decided.line.number) break;
    if (is_printed(line, decided.key) && !split_words(second_field(line.text)).empty())
      hidden = &line;
  }
  return hidden;
}

Finding empty_value(const Reading& reading, const Decided& decided) {
  const Line* const hidden = hidden_by(reading, decided);
  if (!hidden) {
    return decided.finding(
        Severity::Note, decided.line.text,
        fmt::format("{} is empty: the buildpack uses {}", decided.key, default_text(decided.key)));
  }
  return decided.finding(
      Severity::Error, decided.line.text,
      fmt::format("the empty value hides the one of line {}: the buildpack uses {}", hidden->number,
                  default_text(decided.key)),
      std::string(trim(second_field(hidden->text))));
}

// ---- Values that arrive changed ---------------------------------------------

/// The value as one could write it so that it arrives whole; "" if there is none.
/// In a path "%3D" means '='; a query's reader may see a difference.
std::string without_equals(std::string_view key, std::string_view written) {
  if (!is_url(key) || written.contains('?')) return "";
  std::string fixed;
  for (const char c : written) fixed += c == '=' ? "%3D" : std::string(1, c);
  return fixed;
}

/// Whether it was one.
bool add_cut(const Decided& decided, Findings& findings) {
  const std::string_view written = decided.written();
  const std::size_t equals = written.find('=');
  if (equals == std::string_view::npos) return false;
  findings.push_back(decided.finding(
      Severity::Error, written.substr(equals),
      fmt::format("the buildpack cuts the value at the second '=': it uses \"{}\"{}",
                  shown(decided.setting.text()),
                  is_url(decided.key) ? "; a URL in this file can have no '='" : ""),
      without_equals(decided.key, written)));
  return true;
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

bool add_quotes(const Decided& decided, Findings& findings) {
  std::string_view value = decided.written();
  if (!is_quote(value.front()) && !is_quote(value.back())) return false;
  const std::string_view at = is_quote(value.front()) ? value : value.substr(value.size() - 1);
  std::string bare(value);
  std::erase_if(bare, is_quote);
  findings.push_back(decided.finding(
      Severity::Error, at,
      fmt::format("the quotes are part of the value: the buildpack uses {}{}",
                  shown(decided.setting.text()), is_url(decided.key) ? ", and curl fails" : ""),
      std::string(trim(bare))));
  return true;
}

std::string_view what_words_do(std::string_view key) {
  if (is_url(key)) return "curl takes each for a URL, and fails";
  if (is_filename(key))
    return "the shell cannot redirect into several files, and the staging fails";
  if (is_sha256(key)) return "only the first is used";
  return "that is not the word true, so the cache stays on";
}

bool add_words(const Decided& decided, Findings& findings) {
  const auto& words = decided.setting.words;
  if (words.size() < 2) return false;
  const std::string_view written = decided.written();
  // Words may stand apart by a blank beyond ASCII; then the place is the value.
  const std::size_t second = written.find(words[1], words[0].size());
  findings.push_back(
      decided.finding(is_sha256(decided.key) ? Severity::Note : Severity::Error,
                      written.substr(second == std::string_view::npos ? 0 : second),
                      fmt::format("the value has {} words{}: {}", words.size(),
                                  words[1].starts_with('#') ? " (a comment ends no line here)" : "",
                                  what_words_do(decided.key)),
                      words[0]));
  return !is_sha256(decided.key);
}

// ---- Values that are wrong in themselves ------------------------------------

void check_url(const Decided& decided, Findings& findings) {
  const auto url = Url::parse(decided.setting.words[0]);
  if (url) return;
  findings.push_back(decided.finding(
      Severity::Error, decided.written(),
      fmt::format("this is no URL that can be fetched: {}", shown(url.error().message))));
}

/// What hex digits of that many are, where somebody took them for a SHA-256.
std::string_view digest_name(std::size_t digits) {
  switch (digits) {
    case 32: return " (32 hex digits are an MD5)";
    case 40: return " (40 hex digits are a SHA-1)";
    case 96: return " (96 hex digits are a SHA-384)";
    case 128: return " (128 hex digits are a SHA-512)";
    default: return "";
  }
}

void check_sha256(const Decided& decided, Findings& findings) {
  const std::string& word = decided.setting.words[0];
  if (Sha256::parse(word)) return;
  findings.push_back(decided.finding(
      Severity::Error, decided.written(),
      fmt::format(
          "\"{}\" is no SHA-256 of 64 hex digits{}: sha256sum fails, and the staging with it",
          shown(word), digest_name(word.size()))));
}

void check_filename(const Decided& decided, Findings& findings) {
  const std::string& name = decided.setting.words[0];
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos) return;
  findings.push_back(decided.finding(
      Severity::Error, decided.written(),
      "the file name has a '/': its folder does not exist when curl writes, and the staging fails",
      name.substr(slash + 1)));
}

bool means_true(std::string_view word) {
  std::string lower(word);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower == "true" || lower == "yes" || lower == "on" || lower == "1";
}

void check_cache_disabled(const Decided& decided, Findings& findings) {
  const std::string& word = decided.setting.words[0];
  if (word == "true") return;
  const bool meant_true = means_true(word);
  findings.push_back(decided.finding(
      meant_true ? Severity::Warning : Severity::Note, decided.written(),
      meant_true ? fmt::format("only the exact word true disables the cache: with {} it stays on",
                               shown(word))
                 : "the buildpack's cache stays on: it downloads at every push all the same, and "
                   "keeps a second copy of both tarballs on the staging disk",
      "true"));
}

void check_value(const Decided& decided, Findings& findings) {
  if (is_url(decided.key)) return check_url(decided, findings);
  if (is_sha256(decided.key)) return check_sha256(decided, findings);
  if (is_filename(decided.key)) return check_filename(decided, findings);
  check_cache_disabled(decided, findings);
}

}  // namespace

void add_value_findings(const Reading& reading, Findings& findings) {
  for (const KeyDefault& row : kKeys) {
    const Line* const line = reading.deciding(row.key);
    if (!line || shape_of(line->text, row.key) != LineShape::Assignment) continue;

    const Decided decided{row.key, *line, reading.setting(row.key)};
    if (decided.setting.is_default) {
      findings.push_back(empty_value(reading, decided));
    } else if (!add_cut(decided, findings) && !add_quotes(decided, findings) &&
               !add_words(decided, findings)) {
      // One mistake, one finding: what the pipeline spoilt is not checked again.
      check_value(decided, findings);
    }
  }
}

}  // namespace stagecache::manifest
