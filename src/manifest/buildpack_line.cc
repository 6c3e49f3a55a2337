#include "buildpack_line.h"

#include <algorithm>
#include <array>
#include <utility>

namespace stagecache::manifest {
namespace {

/// How many bytes of a character's first byte say, 0 for a byte that begins none.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;  // A continuation, or an overlong two.
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  if (first < 0xF8) return 4;
  if (first < 0xFC) return 5;
  return first < 0xFE ? 6 : 0;
}

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;  ///< 0: the bytes are no character.
};

/// The character at the beginning of `text`. REQUIRES: !text.empty().
Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = sequence_length(first);
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {first, 1};

  std::uint32_t code = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0u) != 0x80u) return {};
    code = code << 6 | (next & 0x3Fu);
  }
  // The least code that needs that many bytes; less is an overlong form.
  constexpr std::array<std::uint32_t, 7> kLeast = {0,        0,         0x80,      0x800,
                                                   0x1'0000, 0x20'0000, 0x400'0000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[length] || surrogate ? Character{} : Character{code, length};
}

/// glibc's [[:space:]]. The no-break spaces (A0, 2007, 202F) are none.
bool is_space(std::uint32_t code) {
  if (code == ' ' || (code >= '\t' && code <= '\r')) return true;
  if (code >= 0x2000 && code <= 0x200A) return code != 0x2007;
  return code == 0x1680 || code == 0x2028 || code == 0x2029 || code == 0x205F || code == 0x3000;
}

/// The upper-case ASCII letter that `grep -i` takes the character for, or the
/// character itself. Two letters beyond ASCII have an ASCII capital: the
/// dotless i and the long s.
std::uint32_t to_upper(std::uint32_t code) {
  if (code >= 'a' && code <= 'z') return code - 'a' + 'A';
  if (code == 0x131) return 'I';
  if (code == 0x17F) return 'S';
  return code;
}

}  // namespace

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back({text.substr(0, end), static_cast<std::uint32_t>(lines.size() + 1)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_binary(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::size_t valid_utf8_length(std::string_view text) {
  std::size_t valid = 0;
  while (valid < text.size()) {
    const Character character = first_character(text.substr(valid));
    if (character.length == 0) break;
    valid += character.length;
  }
  return valid;
}

bool is_valid_utf8(std::string_view text) {
  return valid_utf8_length(text) == text.size();
}

std::optional<std::size_t> match_key(std::string_view text, std::string_view key) {
  std::size_t matched = 0;
  for (const char wanted : key) {
    if (matched == text.size()) return std::nullopt;
    const Character character = first_character(text.substr(matched));
    if (character.length == 0) return std::nullopt;
    if (to_upper(character.code) != static_cast<unsigned char>(wanted)) return std::nullopt;
    matched += character.length;
  }
  return matched;
}

bool is_printed(const Line& line, std::string_view key) {
  return match_key(line.text, key) && is_valid_utf8(line.text);
}

const Line* deciding_line(const Lines& lines, std::string_view key) {
  const auto found = std::find_if(lines.rbegin(), lines.rend(),
                                  [&](const Line& line) { return is_printed(line, key); });
  return found == lines.rend() ? nullptr : &*found;
}

std::string_view second_field(std::string_view line) {
  const std::size_t first = line.find('=');
  if (first == std::string_view::npos) return line;
  const std::string_view rest = line.substr(first + 1);
  return rest.substr(0, rest.find('='));
}

std::vector<std::string> split_words(std::string_view field) {
  std::vector<std::string> words;
  std::string word;
  while (!field.empty()) {
    const Character character = first_character(field);
    const std::size_t length = std::max<std::size_t>(character.length, 1);
    if (!is_space(character.code)) {
      word += field.substr(0, length);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
    field.remove_prefix(length);
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace stagecache::manifest
