#include "upstream/mirror_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "upstream/request_headers.h"
#include "upstream/watched_sink.h"
#include "upstream/wording.h"

namespace stagecache::upstream {
namespace {

/// Errors after which another place may still have the bytes.
bool elsewhere_helps(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotFound:
    case ErrorCode::Gone:
    case ErrorCode::Unavailable:
    case ErrorCode::TimedOut:
    case ErrorCode::Changed: return true;
    default: return false;
  }
}

bool same_place(const Url& one, const Url& other) {
  return source_key(one) == source_key(other);
}

/// Does the request say something of bytes that one place gave before?
bool goes_on(const FetchRequest& request) {
  return request.offset > 0 || request.conditional;
}

/// The request as `place` gets it, `held` being whom its validators are of.
FetchRequest request_for(const FetchRequest& request, const Url& place, const Url& held) {
  FetchRequest changed = request;
  changed.url = place;
  changed.held_from.reset();
  if (place.host != request.url.host || place.port != request.url.port)
    changed.headers = without_credentials(changed.headers);
  // Validators are one server's own; to another they say nothing.
  if (!same_place(place, held)) {
    changed.validators = {};
    changed.conditional = false;
  }
  return changed;
}

/// Whose the request's validators are: no place that the policy does not know.
Url held_at(const FetchRequest& request, const std::vector<Place>& places) {
  for (const Place& place : places)
    if (request.held_from && same_place(place.url, *request.held_from)) return *request.held_from;
  return request.url;
}

/// Of one place. Shows a head only when none of the places before has: a place that gave
/// its head and not a byte is replaced by another, which must be about a body of that size.
class CountingSink final : public WatchedSink {
 public:
  /// `shown` outlives it, and is the round's.
  CountingSink(Sink& sink, std::optional<ResponseHead>& shown) : WatchedSink(sink), shown_(shown) {}

  Status on_head(const ResponseHead& head) override {
    if (!shown_) {
      shown_ = head;
      return WatchedSink::on_head(head);
    }
    const bool fits = shown_->status == head.status && (!shown_->total_size || !head.total_size ||
                                                        *shown_->total_size == *head.total_size);
    if (fits) return {};
    return fail(ErrorCode::Changed,
                printable(head.url) + ": another body than the place before announced");
  }
  Status on_body(std::span<const std::byte> bytes) override {
    saw_bytes_ |= !bytes.empty();
    return WatchedSink::on_body(bytes);
  }
  bool saw_bytes() const { return saw_bytes_; }

 private:
  std::optional<ResponseHead>& shown_;
  bool saw_bytes_ = false;
};

struct Try {
  Place place;
  Error error;
  RetryHint hint;
};

bool may_pass(const Try& one) {
  const ErrorCode code = one.error.code;
  return one.hint.worth && (code == ErrorCode::Unavailable || code == ErrorCode::TimedOut);
}

bool is_missing(ErrorCode code) {
  return code == ErrorCode::NotFound || code == ErrorCode::Gone;
}

/// The places of one fetch, and what each of them said.
class Round {
 public:
  Round(Fetcher& inner, const FetchRequest& request, Url held, Sink& sink, std::stop_token stop)
      : inner_(inner),
        request_(request),
        held_(std::move(held)),
        sink_(sink),
        stop_(std::move(stop)) {}

  /// Returns false when no further place is to be asked.
  bool ask(const Place& place) {
    if (try_at(place)) return false;
    const auto other = other_spelling(place.url);
    if (other && !settled_ && last().error.code == ErrorCode::NotFound)
      try_at({*other, place.kind});
    return !settled_;
  }

  const Try& last() const { return tries_.back(); }
  bool succeeded() const { return succeeded_; }

  Status result() {
    if (succeeded_) return {};
    Try& told = settled_ ? tries_.back() : worst();
    sink_.on_retry_hint(told.hint);
    if (settled_ || tries_.size() == 1) return std::unexpected(std::move(told.error));
    std::string places;
    for (const Try& one : tries_) places += (places.empty() ? "" : ", ") + printable(one.place.url);
    return fail(told.error.code, fmt::format("{} (tried {})", told.error.message, places));
  }

 private:
  /// Returns true when the body came.
  bool try_at(const Place& place) {
    for (const Try& one : tries_)
      if (one.place.url == place.url) return false;
    CountingSink watched(sink_, shown_);
    Status status = inner_.fetch(request_for(request_, place.url, held_), watched, stop_);
    if (status) return settled_ = succeeded_ = true;
    settled_ = watched.failed_itself() || !may_go_on(watched, place, status.error().code);
    tries_.push_back({place, std::move(status).error(), watched.hint()});
    return false;
  }

  bool may_go_on(const CountingSink& watched, const Place& place, ErrorCode code) const {
    // Once bytes came it is for the next fetch to go on where they end.
    if (shown_ && (watched.saw_bytes() || !request_.digest_known)) return false;
    const bool is_mirror =
        place.kind != Place::Kind::Itself || !same_place(place.url, request_.url);
    // One look only, unless it is plain that this mirror has the file no more.
    if (request_.hurried && !(is_mirror && (is_missing(code) || code == ErrorCode::Denied)))
      return false;
    // A mirror that the operator forgot to allow must not hide the other places.
    return elsewhere_helps(code) || (is_mirror && code == ErrorCode::Denied);
  }

  /// Which failure stands for all: one that may pass, so that the round is made
  /// again (a mirror's 404 must not end what the URL itself answered with 503);
  /// else the first 404; else the last. That of a fast mirror says nothing as long
  /// as another place was asked.
  Try& worst() {
    const auto counts = [](const Try& one) { return one.place.kind != Place::Kind::FirstMirror; };
    const bool all = std::ranges::none_of(tries_, counts);
    const auto find = [&](auto wanted) {
      return std::ranges::find_if(
          tries_, [&](const Try& one) { return (all || counts(one)) && wanted(one); });
    };
    if (const auto passing = find(may_pass); passing != tries_.end()) return *passing;
    const auto missing = find([](const Try& one) { return one.error.code == ErrorCode::NotFound; });
    return missing != tries_.end() ? *missing : tries_.back();
  }

  Fetcher& inner_;
  const FetchRequest& request_;
  const Url held_;
  Sink& sink_;
  const std::stop_token stop_;

  std::vector<Try> tries_;
  std::optional<ResponseHead> shown_;
  bool succeeded_ = false;
  bool settled_ = false;  // The body came, or its beginning did, or no place can help.
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::optional<Url> other_spelling(const Url& url) {
  Url other = url;
  if (url.path.contains("%2B")) replace_all(other.path, "%2B", "+");
  else replace_all(other.path, "+", "%2B");
  return other.path == url.path ? std::nullopt : std::optional(std::move(other));
}

/// In the order in which they are asked. Never empty.
std::vector<Place> MirrorGroup::places_for(const FetchRequest& request) {
  std::vector<Place> places = policy_.places_of(request.url);
  if (goes_on(request)) {
    const Url held = held_at(request, places);
    const auto at = std::ranges::find_if(
        places, [&](const Place& place) { return same_place(place.url, held); });
    at->url = held;  // In the spelling that was answered.
    std::rotate(places.begin(), at, at + 1);
    if (request.offset > 0 && !request.digest_known) return {places.front()};
  }
  std::erase_if(places, [&](const Place& place) {
    return place.kind == Place::Kind::FirstMirror && absences_.know(place.url);
  });
  return places;
}

Status MirrorGroup::fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) {
  const std::vector<Place> places = places_for(request);
  Round round(inner_, request, held_at(request, policy_.places_of(request.url)), sink,
              std::move(stop));
  for (const Place& place : places) {
    const bool more = round.ask(place);
    if (!round.succeeded() && place.kind == Place::Kind::FirstMirror && more) {
      if (is_missing(round.last().error.code)) absences_.note_missing(place.url);
      else absences_.note_down(place.url);
    }
    if (!more) break;
  }
  return round.result();
}

}  // namespace stagecache::upstream
