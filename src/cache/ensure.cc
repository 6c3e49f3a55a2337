// Having something ready: for warm jobs. And the archive look that follows.

#include <fmt/format.h>

#include "cache_parts.h"
#include "failure_notes.h"
#include "stagecache/archive/look.h"
#include "stagecache/base/log.h"
#include "whole_read.h"

namespace stagecache::cache {

Result<Artifact> Cache::Parts::ensure(const Want& want,
                                      const std::function<void(const Progress&)>& on_progress,
                                      std::stop_token stop) {
  on_progress({});
  auto artifact = ensure_once(want, on_progress, stop);
  // The upstream had other bytes than an interrupted fill began with: from zero.
  if (!artifact && artifact.error().code == ErrorCode::Changed)
    artifact = ensure_once(want, on_progress, stop);
  if (!artifact) return artifact;
  on_progress(
      {.state = Progress::State::Verifying, .size = artifact->size, .received = artifact->size});
  return look_into(*artifact, stop);
}

Result<Artifact> Cache::Parts::ensure_once(const Want& want,
                                           const std::function<void(const Progress&)>& on_progress,
                                           const std::stop_token& stop) {
  if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopping");
  auto admitted = context_.upstream.policy().admit(want.source);
  if (!admitted) return error_of(std::move(admitted));
  const std::string key = source_key(want.source);
  auto adopted = adopt_stored(want, key);
  if (!adopted) return error_of(std::move(adopted));
  if (*adopted) return **std::move(adopted);

  auto joined = join({.key = key,
                      .url = *std::move(admitted),
                      .declared = want.sha256,
                      .warmed = true,
                      .pin = want.pin});
  if (!joined) return error_of(std::move(joined));
  auto artifact = joined->fill ? joined->fill->wait_stored(on_progress, stop)
                               : Result<Artifact>(fail(ErrorCode::Busy, "evicted a moment ago"));
  if (joined->fill && !artifact) return artifact;
  if (artifact && want.sha256 && *want.sha256 != artifact->sha256)
    return std::unexpected(wrong_digest(want.source, artifact->sha256, *want.sha256));
  // A fill that a client began knew nothing of the operator's wishes.
  adopted = adopt_stored(want, key);
  if (!adopted) return error_of(std::move(adopted));
  if (*adopted) return **std::move(adopted);
  return artifact;
}

/// What is stored already, bound to the source, marked as warmed, and pinned.
Result<std::optional<Artifact>> Cache::Parts::adopt_stored(const Want& want,
                                                           const std::string& key) {
  auto source = context_.store.find_source(key);
  const std::optional<Sha256> sha256 = want.sha256 ? want.sha256
                                       : source    ? std::optional(source->sha256)
                                                   : std::nullopt;
  if (!sha256) return std::nullopt;
  auto artifact = context_.store.find_artifact(*sha256);
  if (!artifact) return std::nullopt;

  Source bound = source && source->sha256 == *sha256 ? *source
                                                     : Source{.key = key,
                                                              .url = want.source.to_string(),
                                                              .sha256 = *sha256,
                                                              .validated_at = clock_.wall()};
  bound.warmed = true;
  if (want.sha256) {
    bound.strength = DigestStrength::Declared;
    bound.published.clear();
  }
  if (!source || !(*source == bound)) RETURN_IF_ERROR(context_.store.put_source(bound));
  const auto info = context_.store.info(*sha256);
  if (want.pin && info && !info->pinned) RETURN_IF_ERROR(context_.store.set_pinned(*sha256, true));
  return artifact;
}

void Cache::Parts::look_later(const Artifact& artifact) {
  const bool posted = lookers_.try_post([this, artifact] {
    look_into(artifact, stop_.get_token());
    packer_.wake();
  });
  if (!posted) log_warn("archive look at {}: too many wait", artifact.name);
}

/// Looks once; whoever comes second finds the result.
Artifact Cache::Parts::look_into(const Artifact& artifact, const std::stop_token& stop) {
  MutexLock lock(look_mutex_);
  auto now = context_.store.find_artifact(artifact.sha256);
  if (!now || now->archive.kind != ArchiveSummary::Kind::Unknown) return now ? *now : artifact;
  auto bytes = WholeRead::open(context_.store, artifact.sha256);
  if (!bytes || !*bytes) return *now;

  const auto summary = archive::look([&]() -> Result<std::span<const std::byte>> {
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopping");
    return (*bytes)->next();
  });
  if (!summary) {
    log_warn("archive look at {}: {}", artifact.name, summary.error().message);
    if (summary.error().code == ErrorCode::Corrupt)
      refill_damaged_later(*now, now->raw_content != 0 ? store::Form::Raw : store::Form::Packed);
    return *now;
  }
  now->archive = *summary;
  if (const auto written = context_.store.put_archive(artifact.sha256, *summary); !written)
    log_warn("archive look at {}: {}", artifact.name, written.error().message);
  return *now;
}

}  // namespace stagecache::cache
