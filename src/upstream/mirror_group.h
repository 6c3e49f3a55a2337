#pragma once
//
// MirrorGroup asks one place after the other until one answers: the URL itself,
// then the mirrors that the policy knows. On a 404 it tries a path with '+' or
// "%2B" once in the other spelling, because clients change it (libpak, packit).
//
// It never changes the place once a head was delivered, and goes on elsewhere in
// the middle of a body only if a digest will prove the whole.
// Thread safety: all methods.

#include "stagecache/upstream/fetcher.h"
#include "stagecache/upstream/policy.h"

namespace stagecache::upstream {

class MirrorGroup final : public Fetcher {
 public:
  /// Both must outlive it.
  MirrorGroup(Fetcher& inner, const Policy& policy) : inner_(inner), policy_(policy) {}

  /// When all places fail: the first NotFound, else the last error, and what was tried.
  Status fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) override;

 private:
  Fetcher& inner_;
  const Policy& policy_;
};

/// The same URL with every "%2B" of its path as '+', or every '+' as "%2B"; nullopt
/// when the path has neither.
std::optional<Url> other_spelling(const Url& url);

}  // namespace stagecache::upstream
