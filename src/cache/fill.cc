#include "fill.h"

#include <fmt/format.h>

#include <algorithm>

#include "failure_notes.h"
#include "stagecache/base/check.h"

namespace stagecache::cache {
namespace {

/// Two hundred followers of a fast fill would each be woken for every 16 KiB that
/// arrive. This often, or after this much, is soon enough for all of them.
constexpr std::chrono::milliseconds kPublishInterval{20};
constexpr std::uint64_t kPublishBytes = store::kChunkBytes;

void call_all(std::vector<std::move_only_function<void()>> callbacks) {
  for (auto& callback : callbacks) callback();
}

}  // namespace

Fill::Fill(CacheContext& context, FillOrder order)
    : context_(context), order_(std::move(order)), pin_(order_.pin) {}

Fill::View Fill::view() const {
  MutexLock lock(mutex_);
  View view{.phase = phase_,
            .stored = filling_ != nullptr,
            .size = head_.size,
            .sha256 = sha256_,
            .validators = head_.validators,
            .content_type = head_.content_type,
            .vary = head_.vary,
            .caching = head_.caching,
            .initial_age_s = head_.initial_age_s,
            .head_at = head_.at,
            .error = error_};
  view.received = filling_ ? filling_->size() : window_.end();
  view.first_readable = filling_ ? 0 : window_.begin();
  return view;
}

Fill::Reached Fill::reached() const {
  MutexLock lock(mutex_);
  return {.phase = phase_,
          .received = filling_ ? filling_->size() : window_.end(),
          .size = head_.size,
          .sha256 = sha256_,
          .comparing = comparing_};
}

Error Fill::error() const {
  MutexLock lock(mutex_);
  CHECK(error_.has_value());
  return *error_;
}

void Fill::when_head(std::move_only_function<void()> callback) {
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::Asking) {
      head_waiters_.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

void Fill::when_bytes(std::uint64_t offset, std::move_only_function<void()> callback) {
  {
    MutexLock lock(mutex_);
    const std::uint64_t received = filling_ ? filling_->size() : window_.end();
    if (phase_ == Phase::Filling && received <= offset) {
      byte_waiters_.push_back({offset, std::move(callback)});
      return;
    }
  }
  callback();
}

Result<std::optional<store::Slice>> Fill::read_cached(std::uint64_t offset) {
  std::shared_ptr<store::Filling> filling;
  {
    MutexLock lock(mutex_);
    filling = filling_;
    if (!filling) {
      auto slice = window_.read(offset);
      if (!slice)
        return stagecache::fail(ErrorCode::Cancelled,
                                "this client is too slow for bytes that have no room in the store");
      return slice;
    }
  }
  return filling->read_cached(offset);
}

Result<store::Slice> Fill::read(std::uint64_t offset) {
  std::shared_ptr<store::Filling> filling;
  {
    MutexLock lock(mutex_);
    filling = filling_;
  }
  if (filling) return filling->read(offset);
  auto slice = read_cached(offset);
  if (!slice) return error_of(std::move(slice));
  return **std::move(slice);
}

std::unique_ptr<Fill::Place> Fill::take_place() {
  MutexLock lock(mutex_);
  places_.push_back(0);
  return std::make_unique<Place>(shared_from_this(), std::prev(places_.end()));
}

Fill::Place::~Place() {
  MutexLock lock(fill_->mutex_);
  fill_->places_.erase(position_);
  fill_->changed_.notify_all();
}

void Fill::Place::move_to(std::uint64_t offset) {
  MutexLock lock(fill_->mutex_);
  *position_ = offset;
  if (!fill_->filling_) fill_->changed_.notify_all();
}

void Fill::ask_to_pin() {
  MutexLock lock(mutex_);
  pin_ = true;
}

Result<Artifact> Fill::wait_stored(const std::function<void(const Progress&)>& on_progress,
                                   std::stop_token stop) {
  constexpr std::chrono::milliseconds kProgressInterval{200};
  const std::stop_callback wake(stop, [this] { wake_all(); });
  MutexLock lock(mutex_);
  while (!stored_) {
    if (stop.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    Progress progress{.size = head_.size, .received = filling_ ? filling_->size() : window_.end()};
    if (phase_ == Phase::Filling) progress.state = Progress::State::Filling;
    if (verifying_) progress.state = Progress::State::Verifying;
    lock.unlock();
    on_progress(progress);
    lock.lock();
    if (!stored_ && !stop.stop_requested()) changed_.wait_for(mutex_, kProgressInterval);
  }
  return *stored_;
}

void Fill::publish_head(Head head) {
  Callbacks callbacks;
  {
    MutexLock lock(mutex_);
    head_ = std::move(head);
    phase_ = Phase::Filling;
    callbacks = std::exchange(head_waiters_, {});
  }
  call_all(std::move(callbacks));
}

void Fill::publish_bytes() {
  {
    MutexLock lock(mutex_);
    if (byte_waiters_.empty()) return;  // Who comes later sees them for himself.
    const std::uint64_t received = filling_ ? filling_->size() : window_.end();
    const SteadyTime now = context_.clock.steady();
    if (now - last_publish_ < kPublishInterval && received - published_ < kPublishBytes) {
      // These may be the last for a long time.
      if (!std::exchange(reminded_, true))
        context_.pulse.soon([weak = weak_from_this()] {
          if (const auto fill = weak.lock()) fill->call_waiters();
        });
      return;
    }
    last_publish_ = now;
    published_ = received;
  }
  call_waiters();
}

/// Calls those whose bytes have come.
void Fill::call_waiters() {
  Callbacks callbacks;
  {
    MutexLock lock(mutex_);
    reminded_ = false;
    const std::uint64_t received = filling_ ? filling_->size() : window_.end();
    std::erase_if(byte_waiters_, [&](Waiter& waiter) {
      if (waiter.offset >= received) return false;
      callbacks.push_back(std::move(waiter.callback));
      return true;
    });
  }
  call_all(std::move(callbacks));
}

Fill::Callbacks Fill::take_all_waiters() {
  Callbacks callbacks = std::exchange(head_waiters_, {});
  for (Waiter& waiter : byte_waiters_) callbacks.push_back(std::move(waiter.callback));
  byte_waiters_.clear();
  changed_.notify_all();
  return callbacks;
}

void Fill::enter(Phase phase, const Sha256* sha256) {
  // Before a follower sees it: whoever has the whole body must not meet an old failure.
  note_success(context_, order_);
  Callbacks callbacks;
  {
    MutexLock lock(mutex_);
    phase_ = phase;
    if (sha256 != nullptr) {
      sha256_ = *sha256;
      head_.size = filling_ ? filling_->size() : window_.end();
    }
    callbacks = take_all_waiters();
  }
  call_all(std::move(callbacks));
}

void Fill::fail(const Error& error) {
  Callbacks callbacks;
  {
    MutexLock lock(mutex_);
    if (phase_ == Phase::Unchanged) return;  // What was asked for is known all the same.
    // A verified fill that could not be stored has served its followers well.
    if (phase_ != Phase::Verified) {
      phase_ = Phase::Failed;
      error_ = error;
    }
    stored_ = std::unexpected(error);
    callbacks = take_all_waiters();
  }
  call_all(std::move(callbacks));
}

void Fill::set_stored(Result<Artifact> artifact) {
  MutexLock lock(mutex_);
  stored_ = std::move(artifact);
  changed_.notify_all();
}

/// Of those that can still read on: who lost its bytes holds nobody up any more.
std::optional<std::uint64_t> Fill::slowest_place() const {
  std::optional<std::uint64_t> slowest;
  for (const std::uint64_t place : places_)
    if (place >= window_.begin() && (!slowest || place < *slowest)) slowest = place;
  return slowest;
}

Status Fill::append_to_window(std::span<const std::byte> bytes, std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { wake_all(); });
  MutexLock lock(mutex_);
  while (window_.full()) {
    if (stop.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    const auto slowest = slowest_place();
    if (!slowest)
      return stagecache::fail(ErrorCode::Cancelled,
                              "every client left, and there is no room to store it");
    const std::uint64_t before = window_.begin();
    window_.forget_before(*slowest);
    if (window_.begin() > before) continue;
    // Nobody may hold up the others for ever: whoever is still behind after this
    // long finds its bytes gone.
    if (changed_.wait_for(mutex_, context_.options.slowest_follower) == std::cv_status::timeout)
      window_.forget_first();
  }
  window_.append(bytes);
  return {};
}

/// Under the mutex: between a waiter's look and its wait nothing gets lost.
void Fill::wake_all() {
  MutexLock lock(mutex_);
  changed_.notify_all();
}

}  // namespace stagecache::cache
