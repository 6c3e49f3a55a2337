#include "stagecache/http/byte_range.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/field.h"

namespace stagecache::http {
namespace {

constexpr std::string_view kUnit = "bytes";

/// Parses all of `text` as a decimal number; nullopt on any other character, including
/// a sign or a space. A number beyond 64 bits is still one: past the end of every body.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (stop != end) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

/// "-N": the last N bytes.
RangeAnswer answer_suffix(std::string_view count_text, std::uint64_t body_size) {
  const auto count = parse_number(count_text);
  if (!count) return WholeBody{};
  if (*count == 0 || body_size == 0) return Unsatisfiable{};
  return ByteRange{body_size - std::min(*count, body_size), body_size};
}

/// "A-" or "A-B": from A to the end, or to B inclusive.
RangeAnswer answer_from(std::string_view first_text, std::string_view last_text,
                        std::uint64_t body_size) {
  const auto first = parse_number(first_text);
  const auto last = last_text.empty() ? std::optional(UINT64_MAX) : parse_number(last_text);
  if (!first || !last || *last < *first) return WholeBody{};
  if (*first >= body_size) return Unsatisfiable{};
  return ByteRange{*first, std::min(*last, body_size - 1) + 1};
}

}  // namespace

RangeAnswer answer_range(std::string_view range_header, std::uint64_t body_size) {
  const std::size_t equals = range_header.find('=');
  if (equals == std::string_view::npos) return WholeBody{};
  // Range units are case-insensitive (RFC 9110 14.1).
  if (!same_header_name(range_header.substr(0, equals), kUnit)) return WholeBody{};
  const auto set = split_list(range_header.substr(equals + 1));
  if (set.size() != 1) return WholeBody{};

  const std::string_view spec = set.front();
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return WholeBody{};
  const std::string_view first = spec.substr(0, dash);
  const std::string_view last = spec.substr(dash + 1);

  return first.empty() ? answer_suffix(last, body_size) : answer_from(first, last, body_size);
}

}  // namespace stagecache::http
