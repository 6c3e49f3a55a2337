// The download side of a fill: from the upstream into the store (or a window),
// hashed on the way, committed only when the digest is right.

#include <fmt/format.h>

#include <algorithm>

#include "fill.h"
#include "freshness.h"
#include "stagecache/base/hasher.h"
#include "stagecache/base/hex.h"
#include "stagecache/base/log.h"

namespace stagecache::cache {
namespace {

constexpr std::chrono::milliseconds kDiskFullRetry{250};

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

}  // namespace

class Fill::Download final : public upstream::Sink {
 public:
  Download(Fill& fill, std::stop_token stop)
      : fill_(fill), context_(fill.context_), order_(fill.order_), stop_(std::move(stop)) {}

  Status execute();

  Status on_head(const upstream::ResponseHead& head) override;
  Status on_body(std::span<const std::byte> bytes) override;

 private:
  Status take_up(const store::FillRecord& record);
  Status rehash(std::uint64_t stored);
  Status open_storage(const upstream::ResponseHead& head);
  Result<std::unique_ptr<store::Filling>> begin_filling(std::optional<std::uint64_t> size);
  Status note_unchanged(const upstream::ResponseHead& head);
  Status retry_while_full(const std::function<Status()>& write);
  Status finish();
  Status commit(const Sha256& sha256);
  void clean_up(ErrorCode code);
  bool resumable() const { return order_.declared || validators_.strong(); }
  Artifact artifact() const;
  Source source() const;

  Fill& fill_;
  CacheContext& context_;
  const FillOrder& order_;
  const std::stop_token stop_;
  Hasher sha256_{HashKind::Sha256};
  Hasher sha512_{HashKind::Sha512};
  std::shared_ptr<store::Filling> filling_;  // Null: unstored.
  std::uint64_t received_ = 0;
  bool head_known_ = false;
  bool unchanged_ = false;
  Validators validators_;
  std::string content_type_;
  std::optional<std::int64_t> lifetime_s_;
  std::optional<std::uint64_t> size_;
};

void Fill::run(std::stop_token stop) {
  ++context_.counters.fills_running;
  Download download(*this, stop);
  const Status done = download.execute();
  --context_.counters.fills_running;
  if (done) return;
  log_warn("fill {} failed: {}", order_.key, done.error().message);
  fail(done.error());
  // Counted last: whoever sees the count can no longer join what failed.
  ++context_.counters.fill_failures;
}

Status Fill::Download::execute() {
  if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
  ++context_.counters.fills;
  log_info("fill {} begins{}", order_.key, order_.resumes ? " again where it was" : "");
  if (order_.resumes) RETURN_IF_ERROR(take_up(*order_.resumes));

  upstream::FetchRequest request{.url = order_.url,
                                 .headers = order_.headers,
                                 .offset = received_,
                                 .validators = validators_,
                                 .expected_size = size_,
                                 .digest_known = order_.declared.has_value()};
  if (order_.stored && received_ == 0) {
    request.validators = order_.stored->validators;
    request.conditional = true;
  }
  // A crash between the last byte and the commit leaves nothing to ask for.
  const bool whole = received_ > 0 && size_ == received_;
  auto done = whole ? Status() : context_.upstream.fetcher().fetch(request, *this, stop_);
  if (done && unchanged_) return {};
  if (done) done = finish();
  if (!done) clean_up(done.error().code);
  return done;
}

/// Goes on with a fill of an earlier run: its bytes are served at once, while the
/// state of the digest is computed again from them. One that has none, or cannot be
/// gone on with, is begun anew.
Status Fill::Download::take_up(const store::FillRecord& record) {
  auto filling = context_.store.resume_fill(record);
  while (!filling && filling.error().code == ErrorCode::NoSpace && context_.drop_idle_fill())
    filling = context_.store.resume_fill(record);
  // Nothing can be written now, nor dropped; the bytes stay for when it can.
  if (!filling && filling.error().code == ErrorCode::DiskFull) return {};
  if (!filling) return context_.store.drop_fill(record.id);
  validators_ = record.validators;
  if (!resumable() || (*filling)->size() == 0) {
    validators_ = {};
    return (*filling)->drop();
  }
  filling_ = *std::move(filling);
  ++context_.counters.fills_resumed;
  size_ = record.size;
  content_type_ = record.content_type;
  lifetime_s_ = record.lifetime_s;
  received_ = filling_->size();
  {
    MutexLock lock(fill_.mutex_);
    fill_.filling_ = filling_;
  }
  head_known_ = true;
  fill_.publish_head(validators_, size_, content_type_);
  return rehash(received_);
}

Status Fill::Download::rehash(std::uint64_t stored) {
  for (std::uint64_t offset = 0; offset < stored;) {
    if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    const auto slice = filling_->read(offset);
    if (!slice) {
      clean_up(ErrorCode::Corrupt);
      return std::unexpected(slice.error());
    }
    sha256_.update(slice->bytes());
    sha512_.update(slice->bytes());
    offset += slice->size();
  }
  return {};
}

Status Fill::Download::on_head(const upstream::ResponseHead& head) {
  if (head.status == 304) return note_unchanged(head);
  if (received_ > 0) return {};  // A resume: followers know the head already.
  validators_ = head.validators();
  size_ = head.total_size;
  if (const auto type = find_header(head.headers, "Content-Type")) content_type_ = *type;
  RETURN_IF_ERROR(open_storage(head));
  {
    MutexLock lock(fill_.mutex_);
    fill_.filling_ = filling_;
  }
  head_known_ = true;
  fill_.publish_head(validators_, size_, content_type_);
  return {};
}

Status Fill::Download::note_unchanged(const upstream::ResponseHead& head) {
  unchanged_ = true;
  // As it is now: a warm job may have marked it while the upstream was asked.
  Source source = *order_.stored;
  if (auto now = context_.store.find_source(order_.key); now && now->sha256 == source.sha256)
    source = *std::move(now);
  source.validated_at = context_.clock.wall();
  if (const auto lifetime = storability(head.headers, source.validated_at).lifetime_s)
    source.lifetime_s = lifetime;
  if (auto written = context_.store.put_source(source); !written)
    log_warn("fill {}: {}", order_.key, written.error().message);
  if (auto artifact = context_.store.find_artifact(source.sha256))
    fill_.set_stored(*std::move(artifact));
  else
    fill_.set_stored(
        stagecache::fail(ErrorCode::Unavailable, "evicted while the upstream was asked"));
  fill_.enter(Phase::Unchanged, nullptr);
  return {};
}

Status Fill::Download::open_storage(const upstream::ResponseHead& head) {
  const Storability may = storability(head.headers, context_.clock.wall());
  lifetime_s_ = may.lifetime_s;
  if (order_.unshared) return {};
  if (!may.may_store && !order_.declared) {
    if (order_.warmed)
      return stagecache::fail(
          ErrorCode::Unavailable,
          fmt::format("{} says that it may not be stored (Cache-Control: no-store or "
                      "private); declare its sha256 to store it all the same",
                      head.url.host));
    return {};
  }
  auto filling = begin_filling(size_);
  if (!filling && filling.error().code != ErrorCode::NoSpace &&
      filling.error().code != ErrorCode::DiskFull)
    return error_of(std::move(filling));
  if (!filling) {
    if (order_.warmed) return error_of(std::move(filling));
    log_warn("fill {} passes through unstored: {}", order_.key, filling.error().message);
    return {};
  }
  filling_ = *std::move(filling);
  return {};
}

Result<std::unique_ptr<store::Filling>> Fill::Download::begin_filling(
    std::optional<std::uint64_t> size) {
  store::FillRecord record{.source_key = order_.key,
                           .url = order_.url.to_string(),
                           .declared = order_.declared,
                           .warmed = order_.warmed,
                           .pin = order_.pin,
                           .headers = order_.headers,
                           .validators = validators_,
                           .content_type = content_type_,
                           .lifetime_s = lifetime_s_};
  for (;;) {
    auto filling = context_.store.begin_fill(record, size);
    // Unfinished fills that nobody works on hold quota, too.
    if (filling || filling.error().code != ErrorCode::NoSpace || !context_.drop_idle_fill())
      return filling;
  }
}

Status Fill::Download::on_body(std::span<const std::byte> bytes) {
  sha256_.update(bytes);
  sha512_.update(bytes);
  received_ += bytes.size();
  if (filling_) {
    auto appended = filling_->append(bytes);
    if (!appended && appended.error().code == ErrorCode::DiskFull)
      appended = retry_while_full([this] { return filling_->append({}); });
    RETURN_IF_ERROR(std::move(appended));
  } else {
    RETURN_IF_ERROR(fill_.append_to_window(bytes, stop_));
  }
  fill_.publish_bytes();
  return {};
}

/// The disk is full, and the bytes are safe in memory: tries again until there is
/// room, or it took too long.
Status Fill::Download::retry_while_full(const std::function<Status()>& write) {
  log_warn("fill {} waits: the disk is full", order_.key);
  const SteadyTime deadline = context_.clock.steady() + context_.options.disk_full_wait;
  const std::stop_callback wake(stop_, [this] { fill_.wake_all(); });
  for (;;) {
    {
      MutexLock lock(fill_.mutex_);
      if (!stop_.stop_requested()) fill_.changed_.wait_for(fill_.mutex_, kDiskFullRetry);
    }
    if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    auto written = write();
    if (written || written.error().code != ErrorCode::DiskFull) return written;
    if (context_.clock.steady() >= deadline) return written;
  }
}

Status Fill::Download::finish() {
  {
    MutexLock lock(fill_.mutex_);
    fill_.verifying_ = true;
  }
  const Sha256 sha256 = Sha256::from(sha256_.digest());
  if (order_.declared && *order_.declared != sha256)
    return stagecache::fail(
        ErrorCode::Corrupt,
        fmt::format("{} has the sha256 {}, declared is {}: not stored", order_.url.to_string(),
                    sha256.hex(), order_.declared->hex()));
  if (!filling_) {
    fill_.enter(Phase::Verified, &sha256);
    fill_.set_stored(
        stagecache::fail(ErrorCode::NoSpace, "it was served, and could not be stored"));
    return {};
  }
  return commit(sha256);
}

/// Stored first, then shown: whoever has the whole body finds it stored. Only a
/// full disk does not keep followers from their ends.
Status Fill::Download::commit(const Sha256& sha256) {
  bool pin = false;
  {
    MutexLock lock(fill_.mutex_);
    pin = fill_.pin_;
  }
  const Artifact made = artifact();
  auto committed = filling_->commit(made, source(), pin);
  fill_.enter(Phase::Verified, &sha256);
  if (!committed && committed.error().code == ErrorCode::DiskFull)
    committed = retry_while_full([&] { return filling_->commit(made, source(), pin); });
  RETURN_IF_ERROR(std::move(committed));
  log_info("fill {} is stored: {} bytes, sha256 {}", order_.key, received_, sha256.hex());
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
  return {.key = order_.key,
          .url = order_.url.to_string(),
          .sha256 = Sha256::from(sha256_.digest()),
          .strength = order_.declared ? DigestStrength::Declared : DigestStrength::FirstSeen,
          .warmed = order_.warmed || (before && before->warmed),
          .validators = validators_,
          .content_type = content_type_,
          .validated_at = context_.clock.wall(),
          .lifetime_s = lifetime_s_};
}

void Fill::Download::clean_up(ErrorCode code) {
  if (!filling_) return;
  const bool keep = worth_resuming(code) && resumable() && received_ > 0;
  if (const auto done = keep ? filling_->suspend() : filling_->drop(); !done)
    log_warn("fill {}: {}", order_.key, done.error().message);
}

}  // namespace stagecache::cache
