#pragma once
//
// A content while it is written. Chunks of the piece in the making are in memory;
// when a piece is full it is written, ingested, and dropped from memory.

#include <deque>
#include <memory>
#include <vector>

#include "lease_table.h"
#include "piece_writer.h"
#include "stagecache/base/mutex.h"
#include "stagecache/store/content.h"
#include "stagecache/store/quota.h"
#include "store_parts.h"

namespace stagecache::store {

struct Filling::State {
  State(StoreParts& parts, FillRecord record, Quota::Reservation reservation,
        std::shared_ptr<LeaseTable::Lease> lease, std::uint64_t stored_bytes);
  ~State();

  Status append(std::span<const std::byte> bytes) EXCLUDES(mutex);
  /// Writes the first `count` chunks in memory as one piece.
  Status store_piece(std::size_t count) EXCLUDES(mutex);
  Status store_full_pieces() EXCLUDES(mutex);
  Status note_size(std::uint64_t whole);
  Result<std::optional<Slice>> from_memory(std::uint64_t offset) const EXCLUDES(mutex);

  StoreParts& parts;
  const std::shared_ptr<LeaseTable::Lease> lease;

  // Owned by the writing thread.
  FillRecord record;
  Quota::Reservation reservation;
  std::uint64_t stored_bytes;   // Ingested.
  bool ended = false;           // Committed or dropped.
  bool piece_in_doubt = false;  // An ingest failed; it may have happened all the same.

  mutable Mutex mutex;
  std::uint64_t size GUARDED_BY(mutex);             // Appended.
  std::uint64_t first_in_memory GUARDED_BY(mutex);  // Chunk index of chunks.front().
  std::deque<std::shared_ptr<ChunkBuffer>> chunks GUARDED_BY(mutex);

 private:
  Status reserve_piece(std::uint64_t payload);
  Status cover(std::uint64_t bytes);
  Status write_and_ingest(std::span<const std::shared_ptr<ChunkBuffer>> piece,
                          std::uint64_t payload);
  bool already_ingested(ChunkKey first) const;
  void drop_from_memory(std::size_t count) EXCLUDES(mutex);
};

}  // namespace stagecache::store
