#include "refetch.h"

#include "stagecache/base/mutex.h"

namespace stagecache::cache {

/// Where the head of the answer arrives, on any thread.
struct Refetch::Head {
  Mutex mutex;
  std::optional<Result<std::shared_ptr<Body>>> body GUARDED_BY(mutex);
};

Refetch::Refetch(Cache& cache, const store::Store& store, const Artifact& artifact,
                 std::function<void()> wake)
    : store_(store), artifact_(artifact), wake_(std::move(wake)), head_(std::make_shared<Head>()) {
  cache.open({.source = std::nullopt, .sha256 = artifact.sha256, .headers = {}},
             [head = head_, wake_up = wake_](Result<std::shared_ptr<Body>> body) {
               {
                 MutexLock lock(head->mutex);
                 head->body = std::move(body);
               }
               wake_up();
             });
}

std::optional<Status> Refetch::outcome() {
  if (!body_) {
    MutexLock lock(head_->mutex);
    if (!head_->body) return std::nullopt;
    if (!*head_->body) return std::unexpected((*head_->body).error());
    body_ = **std::move(head_->body);
  }
  if (store_.find_artifact(artifact_.sha256)) return Status();
  // The last byte comes once all of them are verified and stored.
  const std::uint64_t size = body_->meta().size.value_or(artifact_.size);
  const std::uint64_t last = size == 0 ? 0 : size - 1;
  const auto step = body_->read(last);
  if (!step) return std::unexpected(step.error());
  if (std::holds_alternative<NotYet>(*step)) {
    body_->when_ready(last, [wake = wake_] { wake(); });
    return std::nullopt;
  }
  if (store_.find_artifact(artifact_.sha256)) return Status();
  return fail(ErrorCode::NoSpace, "it came, and there was no room to keep it");
}

}  // namespace stagecache::cache
