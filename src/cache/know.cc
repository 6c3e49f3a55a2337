// What is known of a source: for those who ask why, and how long to wait.

#include <algorithm>

#include "cache_parts.h"
#include "freshness.h"
#include "stagecache/base/log.h"

namespace stagecache::cache {
namespace {

Progress progress_of(const Fill::View& view) {
  return {.state = view.phase == Fill::Phase::Asking ? Progress::State::Queued
                                                     : Progress::State::Filling,
          .size = view.size,
          .received = view.received};
}

std::chrono::seconds until(SteadyTime then, SteadyTime now) {
  if (then <= now) return std::chrono::seconds(0);
  return std::chrono::ceil<std::chrono::seconds>(then - now);
}

}  // namespace

Knowledge Cache::Parts::know(const Request& request) {
  Knowledge known;
  std::optional<Sha256> wanted = request.sha256;
  if (request.source) {
    known.source = context_.store.find_source(source_key(*request.source));
    if (!wanted && known.source) wanted = known.source->sha256;
    learn_of_fills(source_key(*request.source), known);
    learn_of_failure(source_key(*request.source), known);
  }
  if (!wanted) return known;
  known.artifact = context_.store.info(*wanted);
  known.fresh =
      known.artifact &&
      (request.sha256 || (known.source && is_fresh(*known.source, clock_.wall(), lifetimes())));
  return known;
}

void Cache::Parts::learn_of_fills(const std::string& key, Knowledge& known) {
  for (const store::FillRecord& record : context_.store.unfinished_fills())
    known.unfinished |= record.source_key == key;
  MutexLock lock(mutex_);
  const auto running = fills_.find(key);
  if (running != fills_.end()) known.filling = progress_of(running->second->view());
}

void Cache::Parts::learn_of_failure(const std::string& key, Knowledge& known) const {
  const SteadyTime now = clock_.steady();
  const auto failure = context_.failures.latest(key, now);
  if (!failure) return;
  known.failure = LastFailure{.error = failure->error,
                              .at = failure->at,
                              .times = failure->times,
                              .next_try = until(failure->next_try(), now)};
}

std::optional<std::chrono::seconds> Cache::Parts::retry_after(const Request& request) const {
  if (!request.source) return std::nullopt;
  const SteadyTime now = clock_.steady();
  const auto failure = context_.failures.known(
      {.source_key = source_key(*request.source), .declared = request.sha256}, now);
  if (!failure || failure->next_try() <= now) return std::nullopt;
  return until(failure->next_try(), now);
}

void Cache::Parts::go_offline() {
  context_.upstream.go_offline();
  log_info("offline: nothing goes out until it is ended");
}

/// A fill that is still ending is gone on with when it has ended: see run().
void Cache::Parts::go_online() {
  if (!context_.upstream.offline()) return;
  context_.upstream.go_online();
  ++times_online_;
  log_info("online again");
  resume_unfinished();
}

}  // namespace stagecache::cache
