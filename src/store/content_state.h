#pragma once
// What a Content holds: the lease, and where to read.

#include <memory>

#include "database.h"
#include "lease_table.h"
#include "stagecache/store/content.h"

namespace stagecache::store {

struct Content::State {
  Artifact artifact;
  std::uint64_t size = 0;  // Of the form.
  std::shared_ptr<LeaseTable::Lease> lease;
  Database& database;
};

/// What is left of a chunk from `offset` on. The chunk must be exactly as long as the form's
/// size says: a checksum only proves that it is what was written. Fails with Corrupt.
Result<Slice> from_offset(const Slice& chunk, std::uint64_t offset, std::uint64_t size);

/// The lease was taken away to make room: Cancelled.
std::unexpected<Error> revoked();

}  // namespace stagecache::store
