#include "utf8.h"

#include <cstddef>
#include <cstdint>

namespace stagecache::admin {
namespace {

struct Form {
  std::size_t length;
  std::uint8_t second_from, second_to;  // Of the second byte; the others are 80..BF.
};

/// The table of RFC 3629, section 4, by the first byte; length 0: none begins so.
Form form_of(std::uint8_t first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

/// Length of the character that `text` begins with; 0 when it is none.
std::size_t character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const Form form = form_of(byte(0));
  if (form.length > text.size()) return 0;
  for (std::size_t i = 1; i < form.length; ++i) {
    const std::uint8_t from = i == 1 ? form.second_from : 0x80, to = i == 1 ? form.second_to : 0xBF;
    if (byte(i) < from || byte(i) > to) return 0;
  }
  return form.length;
}

}  // namespace

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character(text);
    out += length > 0 ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

}  // namespace stagecache::admin
