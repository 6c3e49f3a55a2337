#pragma once
//
// Fill: one download that turns a source into an artifact, and what its followers
// see of it. `run` is the download (download.h); everything else is for
// followers (fill.cc).
//
// INVARIANT: phase Verified is reached only when all bytes are there and their
// digest is right. INVARIANT: nothing here waits for a follower, but for an
// unstored fill, which waits a bounded time for its slowest.
//
// Thread safety: all methods, from any thread; `run` once.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "cache_context.h"
#include "stagecache/base/mutex.h"
#include "stagecache/cache/body.h"
#include "stagecache/cache/cache.h"
#include "stagecache/model/url.h"
#include "stagecache/store/content.h"
#include "stagecache/store/fill_record.h"
#include "window.h"

namespace stagecache::cache {

/// Why a fill runs, and what it must respect.
struct FillOrder {
  std::string key;  ///< Source key.
  Url url;
  std::optional<Sha256> declared;  ///< The digest it must have.
  bool warmed = false;
  bool pin = false;
  Headers headers;               ///< End-to-end request fields.
  bool unshared = false;         ///< Authorization or Cookie: neither shared nor stored.
  bool hurried = false;          ///< What is stored may be served if the upstream is slow.
  std::optional<Source> seen;    ///< What was stored, and not good enough, when it was ordered.
  std::optional<Source> stored;  ///< Of it: asks whether this is still the same (RFC 9111 4.3).
  std::optional<store::FillRecord> resumes;
};

class Fill : public std::enable_shared_from_this<Fill> {
 public:
  enum class Phase {
    Asking,     ///< The head of the answer is not known yet.
    Filling,    ///< Bytes arrive.
    Verified,   ///< All bytes are there and right; followers get their ends.
    Unchanged,  ///< The upstream said 304: what is stored is served.
    Failed,     ///< Followers are cut.
  };

  Fill(CacheContext& context, FillOrder order);

  const FillOrder& order() const { return order_; }

  /// Downloads. Blocks; called once, on a thread of the fill pool. Or, for a fill
  /// that no thread could be had for, `abandon`.
  void run(std::stop_token stop);
  void abandon(const Error& error) { fail(error); }

  // --- For followers -----------------------------------------------------------

  struct View {
    Phase phase = Phase::Asking;
    std::uint64_t received = 0;        ///< Bytes that can be read.
    std::uint64_t first_readable = 0;  ///< Above 0 for an unstored fill that forgot its first.
    bool stored = true;
    std::optional<std::uint64_t> size;  ///< Of the whole; known for certain once Verified.
    std::optional<Sha256> sha256;       ///< Once Verified.
    Validators validators;
    std::string content_type;
    Headers vary;                    ///< Only a request that `selects` it may have the body.
    Headers caching;                 ///< fields_for_caches.
    std::int64_t initial_age_s = 0;  ///< When its head came ...
    WallTime head_at{};              ///< ... which was then.
    std::optional<Error> error;      ///< Once Failed.
  };
  View view() const EXCLUDES(mutex_);

  /// What a follower looks at with every read, without a text to copy.
  struct Reached {
    Phase phase = Phase::Asking;
    std::uint64_t received = 0;
    std::optional<std::uint64_t> size;
    std::optional<Sha256> sha256;
    bool comparing = false;  ///< Unchanged for its followers, and still downloading.
  };
  Reached reached() const EXCLUDES(mutex_);
  /// REQUIRES: the phase is Failed.
  Error error() const EXCLUDES(mutex_);

  /// Calls back once the phase is no longer Asking; at once if it is not.
  void when_head(std::move_only_function<void()> callback) EXCLUDES(mutex_);
  /// Calls back once there are bytes behind `offset`, or the phase changes.
  void when_bytes(std::uint64_t offset, std::move_only_function<void()> callback) EXCLUDES(mutex_);

  /// REQUIRES: offset < view().received, and the phase is Filling or later.
  Result<std::optional<store::Slice>> read_cached(std::uint64_t offset) EXCLUDES(mutex_);
  Result<store::Slice> read(std::uint64_t offset) EXCLUDES(mutex_);

  /// A follower's place, so that an unstored fill knows its slowest.
  class Place;
  std::unique_ptr<Place> take_place() EXCLUDES(mutex_);

  /// Blocks until the artifact is committed or will not be.
  Result<Artifact> wait_stored(const std::function<void(const Progress&)>& on_progress,
                               std::stop_token stop) EXCLUDES(mutex_);
  /// Somebody wants it pinned, or warmed, when it is complete.
  void ask_to_pin() EXCLUDES(mutex_);

 private:
  class Download;  // The sink: download.h.
  using Callbacks = std::vector<std::move_only_function<void()>>;
  struct Waiter {
    std::uint64_t offset;
    std::move_only_function<void()> callback;
  };

  // What the download tells (fill.cc).
  struct Head {
    Validators validators;
    std::optional<std::uint64_t> size;
    std::string content_type;
    Headers vary;
    Headers caching;
    std::int64_t initial_age_s = 0;
    WallTime at{};
  };
  void publish_head(Head head) EXCLUDES(mutex_);
  void publish_bytes() EXCLUDES(mutex_);
  void enter(Phase phase, const Sha256* sha256) EXCLUDES(mutex_);
  void set_stored(Result<Artifact> artifact) EXCLUDES(mutex_);
  void fail(const Error& error) EXCLUDES(mutex_);
  Callbacks take_all_waiters() REQUIRES(mutex_);
  void call_waiters() EXCLUDES(mutex_);
  void wake_all() EXCLUDES(mutex_);
  std::optional<std::uint64_t> slowest_place() const REQUIRES(mutex_);
  Status append_to_window(std::span<const std::byte> bytes, std::stop_token stop) EXCLUDES(mutex_);

  CacheContext& context_;
  const FillOrder order_;

  mutable Mutex mutex_;
  CondVar changed_;  // For wait_stored and wait_for_window.
  Phase phase_ GUARDED_BY(mutex_) = Phase::Asking;
  bool pin_ GUARDED_BY(mutex_);
  bool verifying_ GUARDED_BY(mutex_) = false;
  bool comparing_ GUARDED_BY(mutex_) = false;
  Head head_ GUARDED_BY(mutex_);  // Its size is certain once Verified.
  std::optional<Sha256> sha256_ GUARDED_BY(mutex_);
  std::optional<Error> error_ GUARDED_BY(mutex_);
  std::optional<Result<Artifact>> stored_ GUARDED_BY(mutex_);  // How it ended, for wait_stored.
  // Set before the phase becomes Filling and kept as long as a follower may read.
  std::shared_ptr<store::Filling> filling_ GUARDED_BY(mutex_);
  Window window_ GUARDED_BY(mutex_);  // Used when filling_ is null.
  std::list<std::uint64_t> places_ GUARDED_BY(mutex_);
  Callbacks head_waiters_ GUARDED_BY(mutex_);
  std::vector<Waiter> byte_waiters_ GUARDED_BY(mutex_);
  SteadyTime last_publish_ GUARDED_BY(mutex_){};
  std::uint64_t published_ GUARDED_BY(mutex_) = 0;
  bool reminded_ GUARDED_BY(mutex_) = false;  // The pulse will call the waiters.
};

/// Dropped with its follower; `move_to` lets an unstored fill go on.
class Fill::Place {
 public:
  Place(std::shared_ptr<Fill> fill, std::list<std::uint64_t>::iterator position)
      : fill_(std::move(fill)), position_(position) {}
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  void move_to(std::uint64_t offset);

 private:
  const std::shared_ptr<Fill> fill_;
  const std::list<std::uint64_t>::iterator position_;
};

}  // namespace stagecache::cache
