#pragma once
//
// ContentWriter: one content while it is written, whatever it is of. Chunks of the piece
// in the making are in memory; when a piece is full it is written, ingested, and dropped
// from memory. Space is reserved before a piece is begun.
//
// It names nothing in the catalog and deletes nothing: that is its owner's part.
//
// Thread safety: one thread writes; `size` and `from_memory` from any thread.

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lease_table.h"
#include "piece_writer.h"
#include "stagecache/base/mutex.h"
#include "stagecache/store/content.h"
#include "stagecache/store/quota.h"
#include "store_parts.h"

namespace stagecache::store {

class ContentWriter {
 public:
  /// Where more is to be reserved than was at first: by what right, and how much at least.
  struct More {
    RoomFor room = RoomFor::Fill;
    std::uint64_t step_bytes = 0;  ///< 0: what the next piece lacks.
  };
  /// Continues behind `stored_bytes`, which are ingested already.
  ContentWriter(StoreParts& parts, Quota::Reservation reservation,
                std::shared_ptr<LeaseTable::Lease> lease, More more, std::uint64_t stored_bytes);
  ~ContentWriter();

  ContentId id() const { return lease_->id(); }
  const std::shared_ptr<LeaseTable::Lease>& lease() const { return lease_; }
  std::uint64_t size() const EXCLUDES(mutex_);  ///< Appended.
  /// The bytes from `offset` to the end of its chunk, if that is in memory.
  std::optional<Slice> from_memory(std::uint64_t offset) const EXCLUDES(mutex_);

  /// Fails with NoSpace, DiskFull (all of `bytes` has been taken; `append({})` tries again),
  /// Corrupt (behind a short chunk that is stored), Internal.
  Status append(std::span<const std::byte> bytes) EXCLUDES(mutex_);
  Status store_full_pieces() EXCLUDES(mutex_);
  /// Whole chunks only: others may follow.
  Status store_whole_chunks() EXCLUDES(mutex_);
  /// Everything. A short last chunk is the end: nothing can be appended afterwards.
  Status store_rest() EXCLUDES(mutex_);
  bool has_rest() const EXCLUDES(mutex_);

  void set_step(std::uint64_t bytes) { more_.step_bytes = bytes; }
  /// Gives back what was reserved and not used.
  void release_reservation() { reservation_ = Quota::Reservation(); }

 private:
  Status store_piece(std::size_t count) EXCLUDES(mutex_);
  Status write_and_ingest(std::span<const std::shared_ptr<ChunkBuffer>> piece,
                          std::uint64_t payload);
  Status reserve_piece(std::uint64_t payload);
  Status cover(std::uint64_t bytes);
  bool already_ingested(ChunkKey first) const;
  void drop_from_memory(std::size_t count) EXCLUDES(mutex_);

  StoreParts& parts_;
  const std::shared_ptr<LeaseTable::Lease> lease_;

  // Owned by the writing thread.
  Quota::Reservation reservation_;
  More more_;
  std::uint64_t stored_bytes_;   // Ingested.
  bool piece_in_doubt_ = false;  // An ingest failed; it may have happened all the same.

  mutable Mutex mutex_;
  std::uint64_t size_ GUARDED_BY(mutex_);
  std::uint64_t first_in_memory_ GUARDED_BY(mutex_);  // Chunk index of chunks_.front().
  std::deque<std::shared_ptr<ChunkBuffer>> chunks_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::store
