#pragma once
// A download while it is written: the content, and the record by which it goes on after
// a crash.

#include <memory>

#include "content_writer.h"
#include "stagecache/store/content.h"
#include "store_parts.h"

namespace stagecache::store {

struct Filling::State {
  State(StoreParts& parts, FillRecord record, Quota::Reservation reservation,
        std::shared_ptr<LeaseTable::Lease> lease, std::uint64_t stored_bytes);

  /// Makes `noted` the fill's record. Synced.
  Status update(const FillRecord& noted);

  StoreParts& parts;
  // Owned by the writing thread.
  FillRecord record;
  bool ended = false;  // Committed or dropped.

  ContentWriter writer;
};

}  // namespace stagecache::store
