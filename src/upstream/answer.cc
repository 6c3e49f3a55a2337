#include "upstream/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "upstream/request_headers.h"
#include "upstream/wording.h"

namespace stagecache::upstream {
namespace {

using Read = std::expected<Answer, Failure>;
constexpr RetryHint kPointless{.worth = false, .after = std::nullopt};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// All of `text` as a decimal number.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// Splits at the first `separator`; nullopt when there is none.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text,
                                                                   char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

/// Fails when the fields contradict each other or are no numbers: a body whose end
/// is in doubt is never taken for whole (RFC 9112 6.3).
std::expected<std::optional<std::uint64_t>, Failure> content_length(const Headers& headers) {
  // With a Transfer-Encoding the framing is the chunks', and the field means nothing.
  if (find_header(headers, "Transfer-Encoding")) return std::nullopt;
  std::optional<std::uint64_t> length;
  for (const Header& header : headers) {
    if (!same_header_name(header.name, "Content-Length")) continue;
    const auto number = parse_number(trimmed(header.value));
    if (!number || (length && *length != *number))
      return failure(ErrorCode::Unavailable, "sent a Content-Length that makes no sense",
                     kPointless);
    length = number;
  }
  return length;
}

Status plain_encoding(const Headers& headers) {
  for (const Header& header : headers) {
    if (!same_header_name(header.name, "Content-Encoding")) continue;
    const std::string_view value = trimmed(header.value);
    if (value.empty() || same_header_name(value, "identity")) continue;
    return fail(ErrorCode::Unavailable,
                fmt::format("sent Content-Encoding {} though identity was asked for", value));
  }
  return {};
}

ResponseHead make_head(const FetchRequest& request, const RawHead& raw, int status) {
  return {.status = status,
          .url = raw.url,
          .asked = {},
          .headers = raw.headers,
          .offset = request.offset,
          .total_size = std::nullopt};
}

/// What is wrong with `size` as the size of the body that we hold a part of; "" when nothing.
std::string size_conflict(const FetchRequest& request, std::optional<std::uint64_t> size) {
  if (!size) return "";
  if (request.expected_size && *request.expected_size != *size)
    return fmt::format("is now {} bytes long, was {}", *size, *request.expected_size);
  if (*size < request.offset)
    return fmt::format("is now {} bytes long, we have {} already", *size, request.offset);
  return "";
}

/// Whether `headers` are of the body that the request's validators were of.
bool same_validators(const FetchRequest& request, const Headers& headers) {
  const Validators& before = request.validators;
  const auto etag = find_header(headers, "ETag");
  const auto date = find_header(headers, "Last-Modified");
  if (is_strong_etag(before.etag)) return etag && *etag == before.etag;
  return !before.last_modified.empty() && date && *date == before.last_modified;
}

/// The like for a 206: a field that is left out says nothing, for If-Range was
/// asked, but a server that ignores If-Range gives itself away.
bool contradicts(const FetchRequest& request, const Headers& headers) {
  const Validators& before = request.validators;
  const auto etag = find_header(headers, "ETag");
  const auto date = find_header(headers, "Last-Modified");
  if (is_strong_etag(before.etag)) return etag && *etag != before.etag;
  return date && *date != before.last_modified;
}

Read whole_body(const FetchRequest& request, const RawHead& raw) {
  auto length = content_length(raw.headers);
  if (!length) return std::unexpected(std::move(length).error());
  Answer answer{.head = make_head(request, raw, 200), .length = *length, .location = {}};
  answer.head.total_size = *length;
  if (request.offset == 0) return answer;

  if (const std::string conflict = size_conflict(request, *length); !conflict.empty())
    return failure(ErrorCode::Changed, conflict);
  if (!request.digest_known && !same_validators(request, raw.headers))
    return failure(ErrorCode::Changed, "answered a resume with another ETag or date");
  answer.skip = request.offset;
  if (!answer.head.total_size) answer.head.total_size = request.expected_size;
  return answer;
}

Read part_of_body(const FetchRequest& request, const RawHead& raw) {
  if (request.offset == 0)
    return failure(ErrorCode::Unavailable, "answered 206 though everything was asked for",
                   kPointless);
  const auto text = find_header(raw.headers, "Content-Range");
  const auto part = text ? parse_content_range(*text) : std::nullopt;
  if (!part || !part->range || part->range->begin != request.offset)
    return failure(ErrorCode::Changed,
                   fmt::format("answered 206 with Content-Range \"{}\", asked from {}",
                               text.value_or(""), request.offset));
  if (const std::string conflict = size_conflict(request, part->total); !conflict.empty())
    return failure(ErrorCode::Changed, conflict);
  if (!request.digest_known && contradicts(request, raw.headers))
    return failure(ErrorCode::Changed, "answered a resume with another ETag or date");

  auto length = content_length(raw.headers);
  if (!length) return std::unexpected(std::move(length).error());
  if (*length && **length != part->range->length())
    return failure(ErrorCode::Unavailable, "sent a Content-Length that contradicts Content-Range",
                   kPointless);
  Answer answer{
      .head = make_head(request, raw, 200), .length = part->range->length(), .location = {}};
  answer.head.total_size = part->total ? part->total : request.expected_size;
  return answer;
}

/// 416: there is nothing behind what we have, or the body is another one.
Read nothing_left(const FetchRequest& request, const RawHead& raw) {
  const auto text = find_header(raw.headers, "Content-Range");
  const auto range = text ? parse_content_range(*text) : std::nullopt;
  const auto total = range && range->total ? range->total : request.expected_size;
  if (request.offset == 0)
    return failure(ErrorCode::Unavailable, "answered 416 though everything was asked for",
                   kPointless);
  if (!total || *total != request.offset || !size_conflict(request, total).empty())
    return failure(ErrorCode::Changed,
                   fmt::format("answered {} from byte {} on", status_text(416), request.offset));
  Answer answer{.kind = Answer::Kind::NoBody,
                .head = make_head(request, raw, 200),
                .length = {},
                .location = {}};
  answer.head.total_size = total;
  return answer;
}

Read redirect(const RawHead& raw) {
  const auto location = find_header(raw.headers, "Location");
  if (!location)
    return failure(ErrorCode::Unavailable,
                   fmt::format("answered {} without a Location", status_text(raw.status)),
                   kPointless);
  // A fragment is for who reads the document, not for who fetches it.
  const std::string_view place = trimmed(location->substr(0, location->find('#')));
  return Answer{
      .kind = Answer::Kind::Redirect, .head = {}, .length = {}, .location = std::string(place)};
}

/// Seconds, or the time until a date; none when the field is missing or nonsense.
std::optional<std::chrono::seconds> retry_after(const Headers& headers, const Clock& clock) {
  const auto text = find_header(headers, "Retry-After");
  if (!text) return std::nullopt;
  constexpr std::uint64_t kDay = 86'400;  // Callers bound it much lower.
  if (const auto seconds = parse_number(trimmed(*text)))
    return std::chrono::seconds(std::min(*seconds, kDay));
  const auto date = parse_http_date(trimmed(*text));
  if (!date) return std::nullopt;
  return std::max(std::chrono::seconds(0), *date - clock.wall());
}

Read refusal(const RawHead& raw, const Clock& clock) {
  const std::string message = "answered " + status_text(raw.status);
  if (raw.status == 404) return failure(ErrorCode::NotFound, message, kPointless);
  if (raw.status == 410) return failure(ErrorCode::Gone, message, kPointless);
  const bool passing = raw.status >= 500 || raw.status == 429 || raw.status == 408;
  return failure(ErrorCode::Unavailable, message,
                 {.worth = passing, .after = retry_after(raw.headers, clock)});
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  text = trimmed(text);
  constexpr std::string_view kUnit = "bytes ";
  if (text.size() < kUnit.size() || !same_header_name(text.substr(0, kUnit.size()), kUnit))
    return std::nullopt;
  const auto halves = split(trimmed(text.substr(kUnit.size())), '/');
  if (!halves) return std::nullopt;

  ContentRange parsed;
  if (halves->second != "*") {
    parsed.total = parse_number(halves->second);
    if (!parsed.total) return std::nullopt;
  }
  if (halves->first == "*") return parsed.total ? std::optional(parsed) : std::nullopt;
  const auto ends = split(halves->first, '-');
  const auto first = ends ? parse_number(ends->first) : std::nullopt;
  const auto last = ends ? parse_number(ends->second) : std::nullopt;
  if (!first || !last || *last < *first || *last == UINT64_MAX) return std::nullopt;
  if (parsed.total && *last >= *parsed.total) return std::nullopt;
  parsed.range = ByteRange{*first, *last + 1};
  return parsed;
}

Read read_answer(const FetchRequest& request, const RawHead& raw, const Clock& clock) {
  switch (raw.status) {
    case 200:
    case 206:
      if (auto encoding = plain_encoding(raw.headers); !encoding)
        return std::unexpected(Failure{std::move(encoding).error(), kPointless});
      return raw.status == 200 ? whole_body(request, raw) : part_of_body(request, raw);
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return redirect(raw);
    case 304:
      if (!request.conditional || request.offset > 0) return refusal(raw, clock);
      return Answer{.kind = Answer::Kind::NoBody,
                    .head = make_head(request, raw, 304),
                    .length = {},
                    .location = {}};
    case 416: return nothing_left(request, raw);
    default: return refusal(raw, clock);
  }
}

}  // namespace stagecache::upstream
