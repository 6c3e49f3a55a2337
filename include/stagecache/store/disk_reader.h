#pragma once
//
// DiskReader reads a content from the disk itself: past the block cache and, where the file
// system can do that, past the kernel's page cache. What memory still has right may have rotted
// below; and what is read here pushes nothing out that clients ask for.
//
// Slow: opens a piece (16 MiB) and copies each chunk. Thread safety: all methods, from any thread,
// one at a time. It holds a lease, and its open files go before the lease does.

#include <memory>

#include "stagecache/base/result.h"
#include "stagecache/store/content.h"

namespace stagecache::store {

class DiskReader {
 public:
  explicit DiskReader(Content content);
  ~DiskReader();

  const Content& content() const { return content_; }

  /// The bytes from `offset` to the end of its chunk. Fails with Corrupt when a checksum or a
  /// length is wrong or the piece is gone, Cancelled when the lease was revoked to make room,
  /// Internal and DiskFull for what a later read may not meet. REQUIRES: offset < content().size().
  Result<Slice> read(std::uint64_t offset) const;

 private:
  struct State;
  const Content content_;
  const std::unique_ptr<State> state_;
};

}  // namespace stagecache::store
