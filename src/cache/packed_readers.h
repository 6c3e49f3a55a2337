#pragma once
//
// The opened packed forms: one Reader a content, shared by all who read it now; and one
// Workshop for all of them, so that the memory of rebuilding does not grow with the number
// of artifacts that slow clients read. Nothing is held for those who might come: an opened
// form is a lease, and would keep evicted bytes on the disk; the Workshop goes with the last.
//
// Thread safety: all methods, from any thread. `open` reads the disk.

#include <functional>
#include <map>
#include <memory>

#include "packed_bytes.h"
#include "stagecache/base/mutex.h"
#include "stagecache/pack/reader.h"
#include "stagecache/pack/workshop.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

/// An opened packed form.
struct PackedSource {
  ContentId content = 0;
  std::shared_ptr<const pack::Reader> reader;
};

/// Is a packed form that fails with it worth nothing to us? Damaged, or written by a later
/// stagecache before somebody went back to this one.
inline bool is_of_no_use(const Error& error) {
  return error.code == ErrorCode::Corrupt || error.code == ErrorCode::TooNew;
}

/// How the bytes of a stored form are read.
using BytesOf = std::function<std::shared_ptr<const pack::Bytes>(const store::Content&)>;

/// By itself, for a pass over everything. Fails with Corrupt (what lies there is not the
/// packed form of that artifact), TooNew, Cancelled.
Result<PackedSource> open_packed(const store::PackedContent& packed, const BytesOf& bytes_of);
Result<PackedSource> open_packed(const store::PackedContent& packed, store::CacheUse use);

class PackedReaders {
 public:
  explicit PackedReaders(pack::Workshop::Limits limits) : limits_(limits) {}

  /// Shared with whoever reads it now. Fails as open_packed does.
  Result<PackedSource> open(const store::PackedContent& packed) EXCLUDES(mutex_);

  /// What the opened ones share; null: nobody reads.
  std::shared_ptr<const pack::Workshop> workshop() const EXCLUDES(mutex_);

 private:
  using ReaderPtr = std::shared_ptr<const pack::Reader>;
  Result<ReaderPtr> open_one(const store::Content& content, ContentId id, ReaderPtr base)
      REQUIRES(mutex_);
  std::shared_ptr<pack::Workshop> shared_workshop() REQUIRES(mutex_);

  const pack::Workshop::Limits limits_;
  /// Held while a form is opened (its index is read): who comes second finds it.
  mutable Mutex mutex_;
  std::map<ContentId, std::weak_ptr<const pack::Reader>> readers_ GUARDED_BY(mutex_);
  std::weak_ptr<pack::Workshop> workshop_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::cache
