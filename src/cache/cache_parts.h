#pragma once
// What a Cache is made of. Private to the module.
//
// Lock order: mutex_ before any Fill's and the store's. Callbacks run without it.

#include <atomic>
#include <map>
#include <stop_token>
#include <unordered_map>
#include <unordered_set>

#include "bodies.h"
#include "cache_context.h"
#include "fill.h"
#include "freshness.h"
#include "packer.h"
#include "stagecache/base/mutex.h"
#include "stagecache/cache/cache.h"

namespace stagecache::cache {

class Cache::Parts {
 public:
  Parts(Options options, store::Store& store, upstream::Upstream& upstream, const Clock& clock);
  ~Parts();

  void open(Request request, OnBody on_body);
  Result<Artifact> ensure(const Want& want, const std::function<void(const Progress&)>& on_progress,
                          std::stop_token stop);
  Knowledge know(const Request& request) EXCLUDES(mutex_);
  std::optional<std::chrono::seconds> retry_after(const Request& request) const;
  void go_offline();
  void go_online() EXCLUDES(mutex_);
  Counters counters() const;
  PackerState packer() const { return packer_.state(); }

 private:
  // open.cc: from a request to a body.
  void open_digest(Request request, OnBody on_body);
  void open_source(Request request, OnBody on_body);
  void fetch(FillOrder order, OnBody on_body);
  /// A request that waits for the head of a fill.
  struct Follower {
    std::optional<Sha256> expected;
    FillOrder order;  ///< For a fill of its own, should it turn out to need one.
    Outcome outcome = Outcome::Follow;
  };
  void answer_from(const std::shared_ptr<Fill>& fill, Follower follower, OnBody on_body);
  Result<std::shared_ptr<Body>> body_from(const std::shared_ptr<Fill>& fill,
                                          const Follower& follower);
  std::shared_ptr<Body> stale_instead(const std::optional<Source>& was, const Error& why,
                                      const Follower& follower);
  Result<std::shared_ptr<Body>> stored_now(const std::string& key, std::optional<Sha256> expected);
  std::shared_ptr<Body> stored(const Sha256& sha256, const Source* source, Outcome outcome);
  bool is_good(const Source& source, const Headers& request) const;
  Lifetimes lifetimes() const;
  bool may_serve_stale(const Source& source, ErrorCode why, const Headers& request) const;

  // fills.cc: one fill a source.
  struct Joined {
    std::shared_ptr<Fill> fill;  // Null: another ended meanwhile, it is stored.
    bool started = false;
  };
  Result<Joined> join(FillOrder order) EXCLUDES(mutex_);
  bool start(const std::shared_ptr<Fill>& fill) EXCLUDES(mutex_);
  void run(const std::shared_ptr<Fill>& fill) EXCLUDES(mutex_);
  void resume_unfinished() EXCLUDES(mutex_);
  bool ended_meanwhile(const FillOrder& order) const;
  std::optional<store::FillRecord> unfinished(const FillOrder& order) const REQUIRES(mutex_);
  void resume(const store::FillRecord& record) EXCLUDES(mutex_);
  void drop_unused(const store::FillRecord& record) EXCLUDES(mutex_);
  bool drop_idle_fill() EXCLUDES(mutex_);
  void forget(const Fill& fill) REQUIRES(mutex_);

  // damage.cc
  void refill_damaged_later(const Artifact& artifact, store::Form form);
  void refill_damaged(const Artifact& artifact, store::Form form) EXCLUDES(mutex_);
  void drop_and_refill(const Artifact& seen, store::Form form) EXCLUDES(mutex_);
  /// The keyframe of a difference, if it is the one that is wrong.
  Result<std::optional<Artifact>> damaged_keyframe(const Artifact& artifact) const;

  // know.cc
  void learn_of_fills(const std::string& key, Knowledge& known) EXCLUDES(mutex_);
  void learn_of_failure(const std::string& key, Knowledge& known) const;

  // ensure.cc
  Result<Artifact> ensure_once(const Want& want,
                               const std::function<void(const Progress&)>& on_progress,
                               const std::stop_token& stop);
  Result<std::optional<Artifact>> adopt_stored(const Want& want, const std::string& key);
  Artifact look_into(const Artifact& artifact, const std::stop_token& stop);
  void look_later(const Artifact& artifact);

  const Clock& clock_;
  std::stop_source stop_;
  std::atomic<std::uint64_t> times_online_ = 0;  // How often offline was ended.

  Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Fill>> fills_
      GUARDED_BY(mutex_);  // By source key.
  bool ending_ GUARDED_BY(mutex_) = false;
  std::unordered_set<ContentId> active_ GUARDED_BY(mutex_);  // Unfinished fills that are resumed.

  Mutex look_mutex_;  // One archive look at a time: it is a pass over a whole artifact.

  // The pools' threads use all of the above and, a fill's, the pools before theirs.
  CacheContext context_;
  Pulse pulse_;
  PackedReaders packed_readers_;
  SegmentCache segments_;
  WorkerPool unpackers_;
  Packer packer_;  // Its thread ends before the pools: see ~Parts.
  WorkerPool readers_;
  WorkerPool lookers_;
  WorkerPool checksum_pool_;
  WorkerPool fill_pool_;  // Used under mutex_ and only until ending_.
};

}  // namespace stagecache::cache
