#include "upstream/retrying.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stagecache/base/log.h"
#include "stagecache/model/quantity.h"
#include "upstream/host_holds.h"
#include "upstream/resuming_sink.h"
#include "upstream/wording.h"

namespace stagecache::upstream {
namespace {

bool may_pass(const Error& error, const WatchedSink& sink) {
  if (sink.failed_itself() || !sink.hint().worth) return false;
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::TimedOut;
}

std::chrono::milliseconds pause_before_next(Backoff& backoff, const RetryHint& hint) {
  const auto pause = backoff.next();
  if (!hint.after) return pause;
  return std::max<std::chrono::milliseconds>(pause, std::min(*hint.after, kLongestRetryAfter));
}

}  // namespace

Retrying::Retrying(Fetcher& inner, const Options& options, SharedCounters& counters, Wait wait)
    : inner_(inner), options_(options), counters_(counters), wait_(std::move(wait)) {}

Status Retrying::fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) {
  ResumingSink resuming(request, sink);
  Backoff backoff(options_.first_backoff, options_.longest_backoff);
  for (int tries = 1;; ++tries) {
    const std::uint64_t before = resuming.reached();
    resuming.on_retry_hint({});
    Status status = inner_.fetch(resuming.rest(), resuming, stop);
    if (status) return status;
    sink.on_retry_hint(resuming.hint());
    if (!may_pass(status.error(), resuming)) return status;

    if (resuming.reached() > before) {
      tries = 0;
      backoff.reset();
    }
    Error& error = status.error();
    if (!resuming.resumable())
      return fail(
          ErrorCode::Unavailable,
          error.message + "; cannot be resumed: the origin gave no strong ETag and no date");
    if (request.hurried && !resuming.saw_head()) return std::unexpected(std::move(error));
    if (request.once) return std::unexpected(std::move(error));
    if (tries >= options_.attempts)
      return std::unexpected(std::move(error).in(fmt::format("gave up after {} tries", tries)));

    const auto pause = pause_before_next(backoff, resuming.hint());
    log_info("{}; trying again in {}", error.message, format_duration(pause));
    if (!wait_(pause, stop))
      return fail(ErrorCode::Cancelled,
                  printable(request.url) + ": cancelled; last: " + error.message);
    ++counters_.retries;
    if (resuming.has_part()) ++counters_.resumes;
  }
}

}  // namespace stagecache::upstream
