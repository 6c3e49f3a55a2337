#pragma once
//
// Absences remembers which fast mirrors could not help lately, so that each fetch of
// what they do not hold need not ask them again: a mirror of current releases answers
// 404 for every old one. In memory, bounded, short of a day: what appears there later
// is found. Thread safety: all methods.

#include <chrono>
#include <map>
#include <string>

#include "stagecache/base/clock.h"
#include "stagecache/base/mutex.h"
#include "stagecache/model/url.h"

namespace stagecache::upstream {

class Absences {
 public:
  /// A release leaves a mirror for good, and reaches it once; six hours late is early.
  static constexpr std::chrono::hours kMissing{6};
  /// A host that is down costs its connect timeout each time.
  static constexpr std::chrono::minutes kDown{1};
  /// About 200 bytes each.
  static constexpr std::size_t kMost = 4096;

  explicit Absences(const Clock& clock) : clock_(clock) {}  ///< Must outlive it.

  void note_missing(const Url& place) EXCLUDES(mutex_);  ///< Answered 404 or 410.
  void note_down(const Url& place) EXCLUDES(mutex_);     ///< Its host could not help at all.
  bool know(const Url& place) EXCLUDES(mutex_);

 private:
  void note(std::string key, std::chrono::seconds keep) EXCLUDES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  /// Until when; source keys and hosts (which have no '/').
  std::map<std::string, SteadyTime> until_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::upstream
