#pragma once
//
// The packer: a thread of low priority that packs what is alike, and gives what is asked
// for often its raw form back.
//
// It lets others go first: between two MiB of work it waits while the daemon serves or
// fills much, though never so long that a daemon that is always busy packs nothing. It
// holds none of the cache's locks while it works. A crash leaves what was there before; the
// artifact is begun again from its start.
//
// Thread safety: all methods, from any thread. Woken, else asleep.

#include <deque>
#include <map>
#include <string>
#include <thread>

#include "cache_context.h"
#include "pack_notes.h"
#include "pack_policy.h"
#include "pack_work.h"
#include "recent_hits.h"
#include "stagecache/base/mutex.h"
#include "stagecache/cache/cache.h"

namespace stagecache::cache {

class Packer {
 public:
  explicit Packer(CacheContext& context);
  ~Packer() { stop(); }

  /// With packing configured off nothing is packed; what is packed is still promoted.
  void start() EXCLUDES(mutex_);
  /// Ends the work at its next checkpoint and waits for that.
  void stop() EXCLUDES(mutex_);

  /// Something was stored.
  void wake() EXCLUDES(mutex_);
  /// All of an artifact was asked for.
  void note_whole_hit(const Sha256& sha256) EXCLUDES(mutex_);

  PackerState state() const EXCLUDES(mutex_);

 private:
  using Doing = PackerState::Doing;
  using Kind = PackStep::Kind;

  // The packer's thread.
  void run() EXCLUDES(mutex_);
  bool work_once() EXCLUDES(mutex_);
  std::optional<Sha256> next_promotion() EXCLUDES(mutex_);
  std::optional<PackStep> choose();
  void promote(const Sha256& sha256);
  void take(const PackStep& step);
  Status make_sketch(const Sha256& sha256);
  Status make_packed(const PackStep& step);
  Status unpack_for(const PackStep& step);
  void failed(const PackStep& step, const Error& error);
  Status checkpoint() EXCLUDES(mutex_);
  bool is_busy_now();
  bool is_ending() const EXCLUDES(mutex_);
  void show(Doing doing, const Sha256& sha256) EXCLUDES(mutex_);

  CacheContext& context_;
  RecentHits hits_;
  PackProgress progress_;

  // Owned by the packer's thread.
  PackNotes notes_;
  PackWork work_;
  /// What failed for a reason that may go: not to be taken up again before that time.
  std::map<Sha256, SteadyTime> later_;
  bool looks_again_ = false;  ///< Something will be to do without anybody's call.
  SteadyTime sampled_at_{};
  std::uint64_t sampled_served_ = 0;
  bool busy_ = false;

  mutable Mutex mutex_;
  CondVar wake_;
  bool woken_ GUARDED_BY(mutex_) = true;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::deque<Sha256> promotions_ GUARDED_BY(mutex_);
  PackerState state_ GUARDED_BY(mutex_);
  std::uint64_t of_all_ GUARDED_BY(mutex_) = 0;  // Bytes of the artifact in work.

  std::thread thread_;
};

}  // namespace stagecache::cache
