#include "packer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

#include "stagecache/base/log.h"
#include "stagecache/base/low_priority.h"
#include "stagecache/model/quantity.h"

namespace stagecache::cache {
namespace {

/// Looked again without a call: an archive look may never come, or room.
constexpr std::chrono::seconds kLookAgain{60};
/// What failed for want of room, or because others changed something.
constexpr std::chrono::minutes kTryAgain{10};
/// A pause is looked at again this often; also the least time over which load is measured.
constexpr std::chrono::milliseconds kSample{100};
constexpr std::size_t kPromotions = 64;

/// Nothing is wrong with the artifact: another time.
bool may_pass(ErrorCode code) {
  switch (code) {
    case ErrorCode::NoSpace:
    case ErrorCode::DiskFull:
    case ErrorCode::Busy:
    case ErrorCode::Conflict:
    case ErrorCode::NotFound:
    case ErrorCode::Corrupt:  // It is being fetched again.
    case ErrorCode::Cancelled: return true;
    default: return false;
  }
}

}  // namespace

Packer::Packer(CacheContext& context)
    : context_(context),
      notes_(context.store),
      work_(context, [this] { return checkpoint(); }, progress_) {}

void Packer::start() {
  thread_ = std::thread([this] { run(); });
}

void Packer::stop() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Packer::wake() {
  {
    MutexLock lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Packer::note_whole_hit(const Sha256& sha256) {
  if (!hits_.note(sha256, context_.clock.steady())) return;
  const auto artifact = context_.store.find_artifact(sha256);
  if (!artifact || artifact->raw_content != 0) return;
  {
    MutexLock lock(mutex_);
    if (promotions_.size() >= kPromotions ||
        std::ranges::find(promotions_, sha256) != promotions_.end())
      return;
    promotions_.push_back(sha256);
    woken_ = true;
  }
  wake_.notify_all();
}

PackerState Packer::state() const {
  MutexLock lock(mutex_);
  PackerState state = state_;
  if (of_all_ > 0)
    state.percent =
        static_cast<unsigned>(std::min<std::uint64_t>(100, progress_.done * 100 / of_all_));
  return state;
}

void Packer::run() {
  pthread_setname_np(pthread_self(), "packer");
  take_low_priority();
  notes_.load();
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (!woken_ && !ending_) {
        const bool timed_out = wake_.wait_for(mutex_, kLookAgain) == std::cv_status::timeout;
        if (timed_out && looks_again_) break;
      }
      if (ending_) return;
      woken_ = false;
    }
    while (work_once()) {
    }
  }
}

bool Packer::is_ending() const {
  MutexLock lock(mutex_);
  return ending_;
}

/// False: there is nothing to do, or the daemon ends.
bool Packer::work_once() {
  {
    MutexLock lock(mutex_);
    if (ending_) return false;
    state_ = {};
    of_all_ = 0;
  }
  if (const auto often = next_promotion()) {
    promote(*often);
    return true;
  }
  if (!context_.options.pack) return false;
  const auto step = choose();
  if (step) take(*step);
  return step.has_value();
}

std::optional<Sha256> Packer::next_promotion() {
  MutexLock lock(mutex_);
  if (promotions_.empty()) return std::nullopt;
  const Sha256 sha256 = promotions_.front();
  promotions_.pop_front();
  return sha256;
}

std::optional<PackStep> Packer::choose() {
  std::erase_if(later_,
                [now = context_.clock.steady()](const auto& entry) { return entry.second <= now; });
  auto all = notes_.survey(context_.clock.wall());
  looks_again_ = std::ranges::any_of(
      later_, [](const auto& entry) { return entry.second != SteadyTime::max(); });
  for (Packable& one : all) {
    one.never |= later_.contains(one.sha256);
    looks_again_ |= !one.settled;
  }
  return next_step(all);
}

void Packer::promote(const Sha256& sha256) {
  show(Doing::Promoting, sha256);
  const auto done = work_.unpack(sha256);
  // Without room it must be asked for often once more before it is tried again.
  hits_.forget(sha256);
  if (done) {
    ++context_.counters.promotions;
    log_info("packer: {} is asked for often: it lies raw again", sha256.hex());
  } else if (done.error().code != ErrorCode::Cancelled) {
    log_debug("packer: {} stays packed: {}", sha256.hex(), done.error().message);
  }
}

void Packer::take(const PackStep& step) {
  Status done;
  switch (step.kind) {
    case Kind::Sketch: done = make_sketch(step.artifact); break;
    case Kind::Keyframe:
    case Kind::Difference: done = make_packed(step); break;
    case Kind::Unpack: done = unpack_for(step); break;
  }
  if (!done) failed(step, done.error());
}

Status Packer::make_sketch(const Sha256& sha256) {
  show(Doing::Sketching, sha256);
  auto sketch = work_.sketch(sha256);
  if (sketch) notes_.note_sketch(sha256, *std::move(sketch));
  else if (sketch.error().code == ErrorCode::BadInput) notes_.note_never(sha256);
  else return error_of(std::move(sketch));
  return {};
}

Status Packer::make_packed(const PackStep& step) {
  const bool is_difference = step.kind == Kind::Difference;
  show(Doing::Packing, step.artifact);
  const auto begun = context_.clock.steady();
  const bool often = hits_.is_often(step.artifact, begun);
  using RawForm = store::FormWriter::RawForm;
  const auto kept = work_.pack({.artifact = step.artifact,
                                .base = is_difference ? std::optional(step.other) : std::nullopt,
                                .keep = {step.other},
                                .raw_form = often ? RawForm::Keep : RawForm::Drop});
  if (!kept) return std::unexpected(kept.error());
  if (*kept == PackWork::Kept::TooLarge) {
    notes_.note_tried(step.artifact, is_difference ? step.other : step.artifact);
    log_info("packer: {} stays raw: as a {} it would save too little", step.artifact.hex(),
             is_difference ? "difference" : "keyframe");
    return {};
  }
  ++context_.counters.packs;
  const auto now = context_.store.info(step.artifact);
  if (!now) return {};
  const std::chrono::duration<double> took = context_.clock.steady() - begun;
  log_info("packer: {} ({}) lies packed {}: {} of {}, {:.1f} s", now->artifact.name,
           step.artifact.hex(),
           is_difference ? "as a difference to " + step.other.hex() : "as a keyframe",
           format_size(now->packed_bytes), format_size(now->artifact.size), took.count());
  return {};
}

/// Its difference to something less alike is given up, for good.
Status Packer::unpack_for(const PackStep& step) {
  show(Doing::Promoting, step.artifact);
  const auto was = context_.store.find_artifact(step.artifact);
  if (!was || !was->packed || !was->packed->base) return {};
  if (was->raw_content == 0) RETURN_IF_ERROR(work_.unpack(step.artifact));
  notes_.note_tried(step.artifact, *was->packed->base);
  // Its raw form may have been evicted again; then this fails, and nothing is lost.
  RETURN_IF_ERROR(context_.store.drop_form(step.artifact, store::Form::Packed));
  log_info("packer: {} is to become a keyframe for {}", step.artifact.hex(), step.other.hex());
  return {};
}

void Packer::failed(const PackStep& step, const Error& error) {
  if (is_ending()) return;
  if (may_pass(error.code)) {
    later_[step.artifact] = context_.clock.steady() + kTryAgain;
    log_debug("packer: {}: {}; later", step.artifact.hex(), error.message);
    return;
  }
  ++context_.counters.pack_failures;
  log_warn("packer: {} stays raw: {}", step.artifact.hex(), error.message);
  // The artifact's fault is for ever. Ours, or a want of memory or files, is not: it is tried
  // once more after the next start, and no oftener.
  if (error.code == ErrorCode::BadInput) notes_.note_never(step.artifact);
  else later_[step.artifact] = SteadyTime::max();
}

bool Packer::is_busy_now() {
  const SteadyTime now = context_.clock.steady();
  if (now - sampled_at_ < kSample) return busy_;
  const std::uint64_t served = context_.counters.served_bytes;
  busy_ = is_busy({.served_bytes = served - sampled_served_,
                   .fills_running = context_.counters.fills_running,
                   .interval = std::chrono::duration_cast<std::chrono::milliseconds>(
                       now - std::exchange(sampled_at_, now))});
  sampled_served_ = served;
  return busy_;
}

/// Waits while others are busy, though not for ever.
Status Packer::checkpoint() {
  bool busy = is_busy_now();
  MutexLock lock(mutex_);
  // By the time that passed: each wake() ends a wait early.
  const auto latest = std::chrono::steady_clock::now() + kLongestPause;
  while (busy && !ending_ && std::chrono::steady_clock::now() < latest) {
    state_.paused = true;
    wake_.wait_for(mutex_, kSample);
    lock.unlock();
    busy = is_busy_now();
    lock.lock();
  }
  state_.paused = false;
  if (ending_) return fail(ErrorCode::Cancelled, "stopping");
  return {};
}

void Packer::show(Doing doing, const Sha256& sha256) {
  const auto artifact = context_.store.find_artifact(sha256);
  progress_.done = 0;
  MutexLock lock(mutex_);
  state_ = {.doing = doing,
            .name = artifact ? artifact->name : sha256.hex(),
            .percent = 0,
            .paused = false};
  of_all_ = artifact ? artifact->size : 0;
}

}  // namespace stagecache::cache
