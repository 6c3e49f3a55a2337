// What becomes of a download: compared with its digest, committed, dropped; and of
// one that asked "is it still the same?".

#include <fmt/format.h>

#include "download.h"
#include "failure_notes.h"
#include "stagecache/base/hex.h"
#include "stagecache/base/log.h"
#include "stagecache/model/shown.h"

namespace stagecache::cache {
namespace {

/// Worth keeping what is there, for a resume: the upstream or our disk broke, not
/// the artifact.
bool worth_resuming(ErrorCode code) {
  switch (code) {
    case ErrorCode::Unavailable:
    case ErrorCode::TimedOut:
    case ErrorCode::Cancelled:
    case ErrorCode::DiskFull:
    case ErrorCode::Busy: return true;
    default: return false;
  }
}

/// RFC 9111 4.3.4: a 304 about another body than ours says nothing of ours.
bool is_about(const Validators& answered, const Validators& stored) {
  const bool both_strong = answered.etag.starts_with('"') && stored.etag.starts_with('"');
  return !both_strong || answered.etag == stored.etag;
}

/// The stored answer with what the 304 says in its place (RFC 9111 3.2).
void freshen(Source& source, const Headers& answer, const Headers& request, WallTime now) {
  const Terms terms = terms_of(answer, request, now);
  source.validated_at = now;
  source.initial_age_s = terms.initial_age_s;
  source.changed_at.reset();
  if (terms.lifetime_s) source.lifetime_s = terms.lifetime_s;
  if (find_header(answer, "Cache-Control")) {
    source.stale_forbidden = terms.stale_forbidden;
    source.cache_control = terms.cache_control;
  }
  if (const auto etag = find_header(answer, "ETag")) source.validators.etag = *etag;
  if (const auto date = find_header(answer, "Last-Modified"))
    source.validators.last_modified = *date;
}

}  // namespace

Status Fill::Download::note_unchanged(const upstream::ResponseHead& head) {
  unchanged_ = true;
  // As it is now: a warm job may have marked it while the upstream was asked.
  Source source = *order_.stored;
  if (auto now = context_.store.find_source(order_.key); now && now->sha256 == source.sha256)
    source = *std::move(now);
  if (is_about(head.validators(), source.validators)) {
    freshen(source, head.headers, order_.headers, context_.clock.wall());
    if (auto written = context_.store.put_source(source); !written)
      log_warn("fill {}: {}", shown(order_.key), written.error().message);
  } else {
    log_warn("fill {}: {} answered 304 with the ETag of another body", shown(order_.key),
             head.url.host);
  }
  serve_stored();
  return {};
}

/// Whoever waits for this fill is served what is stored.
void Fill::Download::serve_stored() {
  if (auto artifact = context_.store.find_artifact(order_.stored->sha256))
    fill_.set_stored(*std::move(artifact));
  else
    fill_.set_stored(
        stagecache::fail(ErrorCode::Unavailable, "evicted while the upstream was asked"));
  fill_.enter(Phase::Unchanged, nullptr);
}

/// A URL that names a version has other bytes than the pinned ones, or so it seems:
/// somebody relies on these.
bool Fill::Download::must_keep_pinned() const {
  if (!order_.stored || order_.declared || order_.unshared) return false;
  if (!names_a_version(order_.url.base_name())) return false;
  const auto info = context_.store.info(order_.stored->sha256);
  return info && info->pinned;
}

Status Fill::Download::finish() {
  {
    MutexLock lock(fill_.mutex_);
    fill_.verifying_ = true;
  }
  const Sha256 sha256 = Sha256::from(sha256_.digest());
  if (mode_ == Mode::Compare) return finish_comparing(sha256);
  if (order_.declared && *order_.declared != sha256)
    return std::unexpected(wrong_digest(order_.url, sha256, *order_.declared));
  RETURN_IF_ERROR(check_published());
  if (!filling_) {
    fill_.enter(Phase::Verified, &sha256);
    fill_.set_stored(
        stagecache::fail(ErrorCode::NoSpace, "it was served, and could not be stored"));
    return {};
  }
  return commit(sha256);
}

/// The pinned bytes stay. The same bytes under new validators are as good as a 304;
/// others are noted, and the upstream is not asked again while the pin holds.
Status Fill::Download::finish_comparing(const Sha256& sha256) {
  Source source = *order_.stored;
  if (auto now = context_.store.find_source(order_.key); now && now->sha256 == source.sha256)
    source = *std::move(now);
  if (sha256 == source.sha256) {
    source.validators = validators_;
    source.validated_at = context_.clock.wall();
    source.lifetime_s = terms_.lifetime_s;
    source.initial_age_s = terms_.initial_age_s;
    source.stale_forbidden = terms_.stale_forbidden;
    source.cache_control = terms_.cache_control;
  } else {
    note_changed(source, sha256, "the pinned bytes go on being served");
    source.changed_at = context_.clock.wall();
  }
  return context_.store.put_source(source);
}

void Fill::Download::note_changed(const Source& before, const Sha256& now,
                                  std::string_view what_follows) {
  ++context_.counters.changed;
  log_warn("{} has changed: the sha256 was {}, is {}; {}", order_.key, before.sha256.hex(),
           now.hex(), what_follows);
  context_.store.append_ledger(
      {.time = context_.clock.wall(),
       .event = store::LedgerEvent::Changed,
       .source_key = order_.key,
       .url = order_.url.to_string(),
       .sha256 = now,
       .strength = std::nullopt,
       .detail = fmt::format("was {}; {}", before.sha256.hex(), what_follows)});
}

/// Stored first, then shown: whoever has the whole body finds it stored. Only a
/// full disk does not keep followers from their ends.
Status Fill::Download::commit(const Sha256& sha256) {
  bool pin = false;
  {
    MutexLock lock(fill_.mutex_);
    pin = fill_.pin_;
  }
  const auto before = context_.store.find_source(order_.key);
  const Artifact made = artifact();
  auto committed = filling_->commit(made, source(), pin);
  fill_.enter(Phase::Verified, &sha256);
  if (!committed && committed.error().code == ErrorCode::DiskFull)
    committed = retry_while_full([&] { return filling_->commit(made, source(), pin); });
  RETURN_IF_ERROR(std::move(committed));
  log_info("fill {} is stored: {} bytes, sha256 {}", shown(order_.key), received_, sha256.hex());
  if (before && before->sha256 != sha256 && names_a_version(order_.url.base_name()))
    note_changed(*before, sha256, "the new bytes are served from now on");
  fill_.set_stored(made);
  return {};
}

Artifact Fill::Download::artifact() const {
  return {.sha256 = Sha256::from(sha256_.digest()),
          .sha512_hex = to_hex(sha512_.digest()),
          .size = received_,
          .name = order_.url.base_name(),
          .stored_at = context_.clock.wall()};
}

/// Once warmed stays warmed: a refill for a client does not take that away.
Source Fill::Download::source() const {
  const auto before = context_.store.find_source(order_.key);
  const auto by_itself = published_.empty() ? DigestStrength::FirstSeen : DigestStrength::Published;
  return {.key = order_.key,
          .url = order_.url.to_string(),
          .sha256 = Sha256::from(sha256_.digest()),
          .strength = order_.declared ? DigestStrength::Declared : by_itself,
          .warmed = order_.warmed || (before && before->warmed),
          .validators = validators_,
          .content_type = content_type_,
          .validated_at = context_.clock.wall(),
          .lifetime_s = terms_.lifetime_s,
          .initial_age_s = terms_.initial_age_s,
          .stale_forbidden = terms_.stale_forbidden,
          .vary = order_.declared ? Headers{} : terms_.vary,
          .cache_control = terms_.cache_control,
          .published = published_,
          .changed_at = {}};
}

void Fill::Download::clean_up(ErrorCode code) {
  if (!filling_) return;
  const bool keep = worth_resuming(code) && resumable() && received_ > 0;
  if (const auto done = keep ? filling_->suspend() : filling_->drop(); !done)
    log_warn("fill {}: {}", shown(order_.key), done.error().message);
}

}  // namespace stagecache::cache
