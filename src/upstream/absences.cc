#include "upstream/absences.h"

#include <algorithm>
#include <utility>

namespace stagecache::upstream {

void Absences::note_missing(const Url& place) {
  note(source_key(place), kMissing);
}

void Absences::note_down(const Url& place) {
  note(place.host_port(), kDown);
}

bool Absences::know(const Url& place) {
  const SteadyTime now = clock_.steady();
  MutexLock lock(mutex_);
  for (const std::string& key : {source_key(place), place.host_port()})
    if (const auto found = until_.find(key); found != until_.end() && now < found->second)
      return true;
  return false;
}

/// A full memory lets go of what is over, else of all: what is lost costs one question.
void Absences::note(std::string key, std::chrono::seconds keep) {
  const SteadyTime now = clock_.steady();
  MutexLock lock(mutex_);
  if (until_.size() >= kMost)
    std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
  if (until_.size() >= kMost) until_.clear();
  until_[std::move(key)] = now + keep;
}

}  // namespace stagecache::upstream
