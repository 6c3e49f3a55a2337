#include "freshness.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace stagecache::cache {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

struct Directives {
  bool no_store = false, is_private = false, no_cache = false;
  std::optional<std::int64_t> max_age, shared_max_age;
};

/// Delta-seconds; what is no number is stale at once (RFC 9111 4.2.1).
std::int64_t seconds_of(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return INT32_MAX;
  return error == std::errc{} && stop == text.data() + text.size() && value > 0 ? value : 0;
}

/// Of several that disagree the strictest counts (RFC 9111 4.2.1).
void lower_to(std::optional<std::int64_t>& limit, std::string_view value) {
  const std::int64_t seconds = seconds_of(value);
  limit = std::min(limit.value_or(seconds), seconds);
}

void read_directive(std::string_view directive, Directives& out) {
  const std::size_t equals = std::min(directive.find('='), directive.size());
  const std::string_view name = trimmed(directive.substr(0, equals));
  const std::string_view value =
      equals < directive.size() ? trimmed(directive.substr(equals + 1)) : std::string_view();
  if (same_header_name(name, "no-store")) out.no_store = true;
  if (same_header_name(name, "private")) out.is_private = true;
  if (same_header_name(name, "no-cache")) out.no_cache = true;
  if (same_header_name(name, "max-age")) lower_to(out.max_age, value);
  if (same_header_name(name, "s-maxage")) lower_to(out.shared_max_age, value);
}

Directives cache_control(const Headers& headers) {
  Directives found;
  for (const Header& header : headers) {
    if (!same_header_name(header.name, "Cache-Control")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      read_directive(rest.substr(0, comma), found);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return found;
}

std::optional<std::int64_t> expires_in(const Headers& headers, WallTime now) {
  const auto expires = find_header(headers, "Expires");
  if (!expires) return std::nullopt;
  const auto end = parse_http_date(*expires);
  if (!end) return 0;  // "0" and the like: already expired (RFC 9111 5.3).
  const auto date_text = find_header(headers, "Date");
  const auto date = date_text ? parse_http_date(*date_text) : Result<WallTime>(now);
  return std::max<std::int64_t>(0, (*end - date.value_or(now)).count());
}

}  // namespace

Storability storability(const Headers& response, WallTime now) {
  const Directives control = cache_control(response);
  Storability answer;
  answer.may_store = !control.no_store && !control.is_private;
  if (control.no_cache) answer.lifetime_s = 0;
  else if (control.shared_max_age) answer.lifetime_s = control.shared_max_age;
  else if (control.max_age) answer.lifetime_s = control.max_age;
  else answer.lifetime_s = expires_in(response, now);
  return answer;
}

bool is_fresh(const Source& source, WallTime now, std::chrono::seconds default_lifetime) {
  if (source.strength == DigestStrength::Declared) return true;
  const std::int64_t lifetime = source.lifetime_s.value_or(default_lifetime.count());
  return (now - source.validated_at).count() < lifetime;
}

}  // namespace stagecache::cache
