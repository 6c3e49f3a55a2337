#pragma once
//
// What is known of the scrub that runs, else of the last one: told by the scrub's thread, asked
// by anybody. It decides nothing but whether one may begin.
//
// Thread safety: all methods, from any thread.

#include "stagecache/base/mutex.h"
#include "stagecache/cache/scrub.h"

namespace stagecache::cache {

class ScrubReport {
 public:
  /// Somebody wants one. Fails with Conflict while one runs.
  Status ask(WallTime now) EXCLUDES(mutex_);
  /// The thread is ready for one: true when it was asked for or `due`.
  bool begin(WallTime now, bool due) EXCLUDES(mutex_);
  /// `read` fails with why it was broken off.
  void end(WallTime now, const Status& read) EXCLUDES(mutex_);
  void set_last_end(std::optional<WallTime> time) EXCLUDES(mutex_);

  void will_read(std::uint64_t forms, std::uint64_t bytes) EXCLUDES(mutex_);
  void reading(const std::string& name) EXCLUDES(mutex_);
  void read(std::uint64_t bytes) EXCLUDES(mutex_);
  /// A form is done with; `bytes` in all so far, also where it was not read to its end.
  void form_done(std::uint64_t bytes) EXCLUDES(mutex_);
  void could_not_read() EXCLUDES(mutex_);

  void add(ScrubFinding finding) EXCLUDES(mutex_);
  /// What became of the artifact that was being fetched.
  void settle(const Sha256& sha256, const Status& fetched) EXCLUDES(mutex_);

  ScrubStatus status() const EXCLUDES(mutex_);

 private:
  void start_afresh(WallTime now) REQUIRES(mutex_);

  mutable Mutex mutex_;
  bool asked_for_ GUARDED_BY(mutex_) = false;
  ScrubStatus status_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::cache
