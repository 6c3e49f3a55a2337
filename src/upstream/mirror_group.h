#pragma once
//
// MirrorGroup asks one place after the other until one answers: the URL itself and
// the mirrors that the policy knows, in its order. On a 404 it tries a path with '+' or
// "%2B" once in the other spelling, because clients change it (libpak, packit). A fast
// mirror that could not help is left out for a while.
//
// It never changes the place once bytes of the body were delivered in this fetch, and
// goes on elsewhere in the middle of a body only if a digest will prove the whole.
// Validators are told to the place that gave them, and to no other.
// Thread safety: all methods.

#include "stagecache/base/clock.h"
#include "stagecache/upstream/fetcher.h"
#include "stagecache/upstream/policy.h"
#include "upstream/absences.h"

namespace stagecache::upstream {

class MirrorGroup final : public Fetcher {
 public:
  /// All must outlive it.
  MirrorGroup(Fetcher& inner, const Policy& policy, const Clock& clock)
      : inner_(inner), policy_(policy), absences_(clock) {}

  /// When all places fail: a failure that may pass, else the first NotFound, else the last
  /// error, and what was tried. A fast mirror's failure counts only when it was alone.
  Status fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) override;

 private:
  std::vector<Place> places_for(const FetchRequest& request);

  Fetcher& inner_;
  const Policy& policy_;
  Absences absences_;
};

/// The same URL with every "%2B" of its path as '+', or every '+' as "%2B"; nullopt
/// when the path has neither.
std::optional<Url> other_spelling(const Url& url);

}  // namespace stagecache::upstream
