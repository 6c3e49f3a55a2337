// What lies on the disk and is wrong: taken out, and fetched again where nothing else is
// left of it.

#include "cache_parts.h"
#include "stagecache/base/log.h"
#include "whole_read.h"

namespace stagecache::cache {

/// Bodies find the damage on threads that must not wait for the disk. Whose fault it is takes a
/// pass over a whole keyframe: one at a time, and not on the threads that read for clients.
void Cache::Parts::refill_damaged_later(const Artifact& artifact, store::Form form) {
  const bool may_be_the_bases =
      form == store::Form::Packed && artifact.packed && artifact.packed->base;
  WorkerPool& pool = may_be_the_bases ? lookers_ : readers_;
  if (!pool.try_post([this, artifact, form] { refill_damaged(artifact, form); }))
    log_warn("artifact {} is damaged; too many reads wait to do something about it",
             artifact.sha256.hex());
}

void Cache::Parts::refill_damaged(const Artifact& artifact, store::Form form) {
  const auto now = context_.store.find_artifact(artifact.sha256);
  // A slow reader of the old bytes must not take out the new ones.
  if (!now || store::content_of(*now, form) != store::content_of(artifact, form)) return;
  if (form == store::Form::Packed && now->packed->base) {
    const auto damaged = damaged_keyframe(*now);
    if (!damaged) {
      log_warn("artifact {}: {}", artifact.sha256.hex(), damaged.error().message);
      return;
    }
    if (*damaged) return drop_and_refill(**damaged, form);
  }
  drop_and_refill(*now, form);
}

/// What is read through a difference does not show which of the two is wrong.
Result<std::optional<Artifact>> Cache::Parts::damaged_keyframe(const Artifact& artifact) const {
  const auto keyframe = context_.store.packed(*artifact.packed->base);
  if (!keyframe) return std::unexpected(keyframe.error());
  if (!*keyframe) return std::nullopt;
  const auto source = open_packed(**keyframe, store::CacheUse::LeaveAlone);
  const auto whole = source ? rebuild_whole(
                                  *source->reader,
                                  [stop = stop_.get_token()]() -> Status {
                                    if (!stop.stop_requested()) return {};
                                    return fail(ErrorCode::Cancelled, "stopping");
                                  },
                                  nullptr)
                            : Status(std::unexpected(source.error()));
  if (whole) return std::nullopt;
  if (is_of_no_use(whole.error())) return (*keyframe)->content.artifact();
  return std::unexpected(whole.error());
}

void Cache::Parts::drop_and_refill(const Artifact& seen, store::Form form) {
  const Sha256& sha256 = seen.sha256;
  const auto gone = context_.store.drop_damaged(seen, form);
  if (!gone) {
    log_warn("artifact {}: {}", sha256.hex(), gone.error().message);
    return;
  }
  log_error(
      "artifact {}: its {} form on the disk is of no use and was taken out; {} to be fetched "
      "again",
      sha256.hex(), store::to_string(form), gone->size());
  for (const Artifact& one : *gone)
    open({.source = std::nullopt, .sha256 = one.sha256, .headers = {}},
         [sha256 = one.sha256](auto body) {
           if (!body) log_warn("refill of {}: {}", sha256.hex(), body.error().message);
         });
}

}  // namespace stagecache::cache
