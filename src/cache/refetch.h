#pragma once
//
// Refetch: one artifact that is gone is asked for as a client would ask, and waited for until it
// is stored again. It holds a place at the download's end, so it slows nobody.
//
// Owned by one thread. Must be gone before the Cache is; may be dropped at any moment.

#include <functional>
#include <memory>

#include "stagecache/base/result.h"
#include "stagecache/cache/cache.h"
#include "stagecache/model/artifact.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

class Refetch {
 public:
  /// Begins it. `wake` is called from any thread, also after this is gone, when another
  /// `outcome()` is worth a call.
  Refetch(Cache& cache, const store::Store& store, const Artifact& artifact,
          std::function<void()> wake);

  /// nullopt: not yet. Else whether it is stored again; fails as Cache::open and Body::read do,
  /// with NoSpace when there was no room for it.
  std::optional<Status> outcome();

 private:
  struct Head;
  const store::Store& store_;
  const Artifact artifact_;
  const std::function<void()> wake_;
  const std::shared_ptr<Head> head_;
  std::shared_ptr<Body> body_;
};

}  // namespace stagecache::cache
