#include "freshness.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

#include "cache_control.h"

namespace stagecache::cache {
namespace {

/// RFC 9111 4.2.2 names a tenth as what caches typically take.
constexpr std::int64_t kHeuristicPart = 10;

/// What we send is the same whatever the client said.
constexpr auto kAlwaysTheSame = std::to_array<std::string_view>({"Accept-Encoding", "User-Agent"});

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<WallTime> date_of(const Headers& headers, std::string_view name) {
  const auto text = find_header(headers, name);
  const auto date = text ? parse_http_date(*text) : fail(ErrorCode::BadInput, "");
  return date ? std::optional(*date) : std::nullopt;
}

std::optional<std::int64_t> expires_in(const Headers& headers, WallTime now) {
  if (!find_header(headers, "Expires")) return std::nullopt;
  const auto end = date_of(headers, "Expires");
  if (!end) return 0;  // "0" and the like: already expired (RFC 9111 5.3).
  return std::max<std::int64_t>(0, (*end - date_of(headers, "Date").value_or(now)).count());
}

/// RFC 9111 4.2.3, the time on the way left out: the larger of what the caches
/// before us say and what the origin's clock says.
std::int64_t age_at_arrival(const Headers& headers, WallTime now) {
  std::int64_t age = 0;
  if (const auto text = find_header(headers, "Age")) {
    const std::string_view digits = trimmed(*text);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), age);
    if (error == std::errc::result_out_of_range) age = INT32_MAX;
    else if (error != std::errc{} || stop != digits.data() + digits.size() || age < 0) age = 0;
  }
  const auto date = date_of(headers, "Date");
  return date ? std::max<std::int64_t>(age, (now - *date).count()) : age;
}

/// The values of all fields of one name as one text, white space around commas gone.
/// An Accept that takes everything says no more than none.
std::string selecting_value(const Headers& request, std::string_view name) {
  std::string value;
  for (const Header& header : request) {
    if (!same_header_name(header.name, name)) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view element = trimmed(rest.substr(0, comma));
      if (!element.empty()) value.append(value.empty() ? "" : ",").append(element);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return same_header_name(name, "Accept") && value == "*/*" ? "" : value;
}

void read_vary(const Headers& answer, const Headers& request, Terms& terms) {
  for (const Header& header : answer) {
    if (!same_header_name(header.name, "Vary")) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view name = trimmed(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (name == "*") terms.may_store = false;
      const bool same = std::ranges::any_of(
          kAlwaysTheSame, [&](auto other) { return same_header_name(name, other); });
      if (!name.empty() && !same)
        terms.vary.push_back({std::string(name), selecting_value(request, name)});
    }
  }
}

std::int64_t lifetime_of(const Source& source, const Lifetimes& lifetimes) {
  if (source.lifetime_s) return *source.lifetime_s;
  if (lifetimes.fallback.count() > 0) return lifetimes.fallback.count();
  const auto modified = parse_http_date(source.validators.last_modified);
  if (!modified || *modified > source.validated_at) return 0;
  const std::int64_t unchanged_for = (source.validated_at - *modified).count();
  return std::min(unchanged_for / kHeuristicPart, lifetimes.heuristic_limit.count());
}

}  // namespace

Terms terms_of(const Headers& answer, const Headers& request, WallTime now) {
  const CacheControl control = read_cache_control(answer);
  Terms terms;
  terms.may_store = !control.no_store && !control.is_private;
  if (control.no_cache) terms.lifetime_s = 0;
  else if (control.shared_max_age) terms.lifetime_s = control.shared_max_age;
  else if (control.max_age) terms.lifetime_s = control.max_age;
  else terms.lifetime_s = expires_in(answer, now);
  terms.initial_age_s = age_at_arrival(answer, now);
  for (const Header& header : answer)
    if (same_header_name(header.name, "Cache-Control"))
      terms.cache_control.append(terms.cache_control.empty() ? "" : ", ").append(header.value);
  // s-maxage implies proxy-revalidate (RFC 9111 5.2.2.10).
  terms.stale_forbidden = control.must_revalidate || control.proxy_revalidate || control.no_cache ||
                          control.shared_max_age;
  read_vary(answer, request, terms);
  return terms;
}

Headers fields_for_caches(std::string_view cache_control, std::optional<std::int64_t> lifetime_s,
                          const Headers& vary) {
  Headers fields;
  if (!cache_control.empty()) fields.push_back({"Cache-Control", std::string(cache_control)});
  else if (lifetime_s)
    fields.push_back({"Cache-Control", "max-age=" + std::to_string(*lifetime_s)});
  std::string names;
  for (const Header& field : vary) names.append(names.empty() ? "" : ", ").append(field.name);
  if (!names.empty()) fields.push_back({"Vary", std::move(names)});
  return fields;
}

bool selects(const Headers& vary, const Headers& request) {
  return std::ranges::all_of(vary, [&](const Header& field) {
    return field.name != "*" && field.value == selecting_value(request, field.name);
  });
}

bool is_strong_date(std::string_view last_modified, WallTime date) {
  const auto modified = parse_http_date(last_modified);
  return modified && *modified < date;
}

std::int64_t current_age_s(const Source& source, WallTime now) {
  return source.initial_age_s + std::max<std::int64_t>(0, (now - source.validated_at).count());
}

bool is_fresh(const Source& source, WallTime now, const Lifetimes& lifetimes) {
  if (source.strength == DigestStrength::Declared) return true;
  return current_age_s(source, now) < lifetime_of(source, lifetimes);
}

bool is_good_for(const Source& source, const Headers& request, WallTime now,
                 const Lifetimes& lifetimes) {
  if (source.strength == DigestStrength::Declared) return true;
  const CacheControl wanted = read_cache_control(request);
  if (wanted.no_cache) return false;
  const std::int64_t age = current_age_s(source, now);
  const std::int64_t left = lifetime_of(source, lifetimes) - age;
  if (wanted.max_age && age > *wanted.max_age) return false;
  if (wanted.min_fresh && left < *wanted.min_fresh) return false;
  if (left > 0) return true;
  return wanted.max_stale && !source.stale_forbidden && -left <= *wanted.max_stale;
}

bool names_a_version(std::string_view base_name) {
  const auto digit = [&](std::size_t at) {
    return std::isdigit(static_cast<unsigned char>(base_name[at])) != 0;
  };
  for (std::size_t dot = 1; dot + 1 < base_name.size(); ++dot)
    if (base_name[dot] == '.' && digit(dot - 1) && digit(dot + 1)) return true;
  return false;
}

}  // namespace stagecache::cache
