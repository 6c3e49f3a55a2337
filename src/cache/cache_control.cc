#include "cache_control.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace stagecache::cache {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Delta-seconds, with or without quotes.
std::int64_t seconds_of(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return INT32_MAX;
  return error == std::errc{} && stop == text.data() + text.size() && value > 0 ? value : 0;
}

void lower_to(std::optional<std::int64_t>& limit, std::string_view value) {
  const std::int64_t seconds = seconds_of(value);
  limit = std::min(limit.value_or(seconds), seconds);
}

void raise_to(std::optional<std::int64_t>& limit, std::string_view value) {
  const std::int64_t seconds = seconds_of(value);
  limit = std::max(limit.value_or(seconds), seconds);
}

void read_directive(std::string_view directive, CacheControl& out) {
  const std::size_t equals = std::min(directive.find('='), directive.size());
  const std::string_view name = trimmed(directive.substr(0, equals));
  const std::string_view value =
      equals < directive.size() ? trimmed(directive.substr(equals + 1)) : std::string_view();
  if (same_header_name(name, "no-store")) out.no_store = true;
  if (same_header_name(name, "private")) out.is_private = true;
  if (same_header_name(name, "no-cache")) out.no_cache = true;
  if (same_header_name(name, "must-revalidate")) out.must_revalidate = true;
  if (same_header_name(name, "proxy-revalidate")) out.proxy_revalidate = true;
  if (same_header_name(name, "only-if-cached")) out.only_if_cached = true;
  if (same_header_name(name, "max-age")) lower_to(out.max_age, value);
  if (same_header_name(name, "s-maxage")) lower_to(out.shared_max_age, value);
  if (same_header_name(name, "min-fresh")) raise_to(out.min_fresh, value);
  if (same_header_name(name, "max-stale")) {
    if (value.empty()) out.max_stale = out.max_stale.value_or(CacheControl::kAnyAge);
    else lower_to(out.max_stale, value);
  }
}

/// Up to the next comma that stands in no quoted string.
std::string_view next_element(std::string_view& rest) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size() && (quoted || rest[at] != ','); ++at) {
    if (quoted && rest[at] == '\\') ++at;
    else if (rest[at] == '"') quoted = !quoted;
  }
  const std::string_view element = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return element;
}

}  // namespace

CacheControl read_cache_control(const Headers& headers) {
  CacheControl found;
  bool is_there = false;
  for (const Header& header : headers) {
    if (!same_header_name(header.name, "Cache-Control")) continue;
    is_there = true;
    std::string_view rest = header.value;
    while (!rest.empty()) read_directive(next_element(rest), found);
  }
  if (is_there) return found;
  if (const auto pragma = find_header(headers, "Pragma"))
    found.no_cache = same_header_name(trimmed(*pragma), "no-cache");
  return found;
}

}  // namespace stagecache::cache
