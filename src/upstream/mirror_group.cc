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

std::vector<Url> places_for(const FetchRequest& request, const Policy& policy) {
  const bool resuming = request.offset > 0;
  std::vector<Url> places = {resuming ? request.resume_at.value_or(request.url) : request.url};
  if (request.hurried || (resuming && !request.digest_known)) return places;

  std::vector<Url> others = policy.mirrors_of(request.url);
  others.insert(others.begin(), request.url);
  for (Url& other : others)
    if (std::ranges::find(places, other) == places.end()) places.push_back(std::move(other));
  return places;
}

/// The request as another place gets it.
FetchRequest request_for(const FetchRequest& request, const Url& place) {
  FetchRequest changed = request;
  changed.url = place;
  changed.resume_at.reset();
  if (place.host != request.url.host || place.port != request.url.port)
    changed.headers = without_credentials(changed.headers);
  // Validators are one server's own; to another they say nothing.
  const Url& origin = request.offset > 0 ? request.resume_at.value_or(request.url) : request.url;
  if (place.host != origin.host) {
    changed.validators = {};
    changed.conditional = false;
  }
  return changed;
}

struct Try {
  Url place;
  Error error;
  RetryHint hint;
};

bool may_pass(const Try& one) {
  const ErrorCode code = one.error.code;
  return one.hint.worth && (code == ErrorCode::Unavailable || code == ErrorCode::TimedOut);
}

/// The places of one fetch, and what each of them said.
class Round {
 public:
  Round(Fetcher& inner, const FetchRequest& request, Sink& sink, std::stop_token stop)
      : inner_(inner), request_(request), sink_(sink), stop_(std::move(stop)) {}

  /// Returns false when no further place is to be asked.
  bool ask(const Url& place) {
    if (try_at(place)) return false;
    const auto other = other_spelling(place);
    if (other && !settled_ && tries_.back().error.code == ErrorCode::NotFound) try_at(*other);
    return !settled_;
  }

  Status result() {
    if (succeeded_) return {};
    Try& told = settled_ ? tries_.back() : worst();
    sink_.on_retry_hint(told.hint);
    if (settled_ || tries_.size() == 1) return std::unexpected(std::move(told.error));
    std::string places;
    for (const Try& one : tries_) places += (places.empty() ? "" : ", ") + printable(one.place);
    return fail(told.error.code, fmt::format("{} (tried {})", told.error.message, places));
  }

 private:
  /// Returns true when the body came.
  bool try_at(const Url& place) {
    for (const Try& one : tries_)
      if (one.place == place) return false;
    WatchedSink watched(sink_);
    Status status = inner_.fetch(request_for(request_, place), watched, stop_);
    if (status) return settled_ = succeeded_ = true;
    // A mirror that the operator forgot to allow must not hide the ones behind it.
    const bool passed_over = status.error().code == ErrorCode::Denied && !tries_.empty();
    settled_ = watched.saw_head() || watched.failed_itself() ||
               !(passed_over || elsewhere_helps(status.error().code));
    tries_.push_back({place, std::move(status).error(), watched.hint()});
    return false;
  }

  /// Which failure stands for all: one that may pass, so that the round is made
  /// again (a mirror's 404 must not end what the first place answered with 503);
  /// else the first 404; else the last.
  Try& worst() {
    if (const auto passing = std::ranges::find_if(tries_, may_pass); passing != tries_.end())
      return *passing;
    const auto missing = std::ranges::find_if(
        tries_, [](const Try& one) { return one.error.code == ErrorCode::NotFound; });
    return missing != tries_.end() ? *missing : tries_.back();
  }

  Fetcher& inner_;
  const FetchRequest& request_;
  Sink& sink_;
  const std::stop_token stop_;

  std::vector<Try> tries_;
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

Status MirrorGroup::fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) {
  Round round(inner_, request, sink, std::move(stop));
  for (const Url& place : places_for(request, policy_))
    if (!round.ask(place)) break;
  return round.result();
}

}  // namespace stagecache::upstream
