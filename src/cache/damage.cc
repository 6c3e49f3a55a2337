// What lies on the disk and is wrong: taken out, and fetched again where nothing else is
// left of it.

#include "cache_parts.h"
#include "stagecache/base/log.h"
#include "whole_read.h"

namespace stagecache::cache {
namespace {

/// A slow reader of the old bytes must not take out the new ones.
bool is_the_same(const Artifact& now, const Artifact& then, store::Form form) {
  if (form == store::Form::Raw) return now.raw_content == then.raw_content;
  return now.packed && then.packed && now.packed->content == then.packed->content;
}

}  // namespace

/// Bodies find the damage on threads that must not wait for the disk.
void Cache::Parts::refill_damaged_later(const Artifact& artifact, store::Form form) {
  if (!readers_.try_post([this, artifact, form] { refill_damaged(artifact, form); }))
    log_warn("artifact {} is damaged; too many reads wait to do something about it",
             artifact.sha256.hex());
}

void Cache::Parts::refill_damaged(const Artifact& artifact, store::Form form) {
  const auto now = context_.store.find_artifact(artifact.sha256);
  if (!now || !is_the_same(*now, artifact, form)) return;
  if (form == store::Form::Packed && now->packed->base) {
    const auto damaged = keyframe_is_damaged(*now);
    if (!damaged) {
      log_warn("artifact {}: {}", artifact.sha256.hex(), damaged.error().message);
      return;
    }
    if (*damaged) return drop_and_refill(*now->packed->base, form);
  }
  drop_and_refill(artifact.sha256, form);
}

/// What is read through a difference does not show which of the two is wrong.
Result<bool> Cache::Parts::keyframe_is_damaged(const Artifact& artifact) const {
  const auto keyframe = context_.store.packed(*artifact.packed->base);
  if (!keyframe) return std::unexpected(keyframe.error());
  if (!*keyframe) return false;
  const auto source = open_packed(**keyframe, store::CacheUse::LeaveAlone);
  const auto whole = source ? rebuild_whole(
                                  *source->reader,
                                  [stop = stop_.get_token()]() -> Status {
                                    if (!stop.stop_requested()) return {};
                                    return fail(ErrorCode::Cancelled, "stopping");
                                  },
                                  nullptr)
                            : Status(std::unexpected(source.error()));
  if (whole) return false;
  if (whole.error().code == ErrorCode::Corrupt) return true;
  return std::unexpected(whole.error());
}

void Cache::Parts::drop_and_refill(const Sha256& sha256, store::Form form) {
  const auto gone = context_.store.drop_damaged(sha256, form);
  if (!gone) {
    log_warn("artifact {}: {}", sha256.hex(), gone.error().message);
    return;
  }
  log_error(
      "artifact {}: its {} form is damaged on the disk and was taken out; {} to be fetched "
      "again",
      sha256.hex(), form == store::Form::Raw ? "raw" : "packed", gone->size());
  for (const Artifact& one : *gone)
    open({.source = std::nullopt, .sha256 = one.sha256, .headers = {}},
         [sha256 = one.sha256](auto body) {
           if (!body) log_warn("refill of {}: {}", sha256.hex(), body.error().message);
         });
}

}  // namespace stagecache::cache
