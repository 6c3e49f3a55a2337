#include "stagecache/http/conditional.h"

#include <optional>

#include "http/field.h"
#include "stagecache/base/clock.h"

namespace stagecache::http {
namespace {

enum class Comparison { Weak, Strong };  // RFC 9110 8.8.3.2

constexpr std::string_view kWeakPrefix = "W/";

bool is_weak(std::string_view etag) {
  return etag.starts_with(kWeakPrefix);
}

std::string_view opaque_part(std::string_view etag) {
  return is_weak(etag) ? etag.substr(kWeakPrefix.size()) : etag;
}

bool same_etag(std::string_view a, std::string_view b, Comparison comparison) {
  if (comparison == Comparison::Strong && (is_weak(a) || is_weak(b))) return false;
  return opaque_part(a) == opaque_part(b);
}

/// Takes the first entity tag off `list`; "" when none follows. The list cannot
/// be split at commas: a tag may hold one.
std::string_view next_etag(std::string_view& list) {
  const std::size_t begin = list.find_first_not_of(" \t,");
  if (begin == std::string_view::npos) return {};
  const std::size_t open = list.find('"', begin);
  if (open == std::string_view::npos) return {};
  const std::size_t close = list.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  const std::string_view etag = list.substr(begin, close + 1 - begin);
  list.remove_prefix(close + 1);
  return etag;
}

bool any_matches(std::string_view list, std::string_view etag, Comparison comparison) {
  if (trim(list) == "*") return true;  // There is a representation.
  if (etag.empty()) return false;
  for (auto one = next_etag(list); !one.empty(); one = next_etag(list)) {
    if (same_etag(one, etag, comparison)) return true;
  }
  return false;
}

std::optional<WallTime> date_of(std::string_view text) {
  const auto time = parse_http_date(text);
  return time ? std::optional(*time) : std::nullopt;
}

enum class Since { Unknown, NotModified, Modified };

/// Has the answer changed since the date of the field? Unknown: ignore the field.
Since changed_since(std::string_view field, std::string_view last_modified) {
  const auto then = date_of(field);
  const auto changed = date_of(last_modified);
  if (!then || !changed) return Since::Unknown;
  return *changed <= *then ? Since::NotModified : Since::Modified;
}

bool preconditions_hold(const Headers& headers, CurrentValidators current) {
  if (const auto tags = joined_header(headers, "If-Match"))
    return any_matches(*tags, current.etag, Comparison::Strong);
  if (const auto date = find_header(headers, "If-Unmodified-Since"))
    return changed_since(*date, current.last_modified) != Since::Modified;
  return true;
}

bool is_not_modified(const Headers& headers, CurrentValidators current) {
  if (const auto tags = joined_header(headers, "If-None-Match"))
    return any_matches(*tags, current.etag, Comparison::Weak);
  if (const auto date = find_header(headers, "If-Modified-Since"))
    return changed_since(*date, current.last_modified) == Since::NotModified;
  return false;
}

}  // namespace

Condition evaluate_conditions(const Headers& headers, CurrentValidators current) {
  if (!preconditions_hold(headers, current)) return Condition::PreconditionFailed;
  return is_not_modified(headers, current) ? Condition::NotModified : Condition::Proceed;
}

bool if_range_holds(const Headers& headers, CurrentValidators current) {
  const auto field = joined_header(headers, "If-Range");
  if (!field) return true;
  const std::string_view value = trim(*field);
  if (value.find('"') != std::string_view::npos)
    return same_etag(value, current.etag, Comparison::Strong);
  const auto date = date_of(value);
  return current.date_is_strong && date && date == date_of(current.last_modified);
}

}  // namespace stagecache::http
