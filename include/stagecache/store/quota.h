#pragma once
//
// Quota is the ledger of bytes on the disk: may the store write this much more?
// It never looks at the disk and deletes nothing; it adds up what it is told.
//
//     metadata   a fixed share for WAL, MANIFEST, catalog and ballast
//     used       allocated blocks of pieces that exist
//     reserved   promised to fills that are under way
//
// INVARIANT: no promise takes metadata + used + reserved past the limit. Space is
// reserved before the first byte is fetched. (The sum can start above the limit
// when an operator has lowered it; then nothing is promised.)
//
// Thread safety: every method, from any thread.

#include <cstdint>
#include <utility>

#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"

namespace stagecache::store {

class Quota {
 public:
  struct Usage {
    std::uint64_t limit = 0;
    std::uint64_t metadata = 0;
    std::uint64_t used = 0;
    std::uint64_t reserved = 0;

    std::uint64_t taken() const { return metadata + used + reserved; }
    std::uint64_t free() const { return taken() < limit ? limit - taken() : 0; }
  };

  /// A promise of space. Dropping it gives back what was not spent.
  class [[nodiscard]] Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), left_(std::exchange(other.left_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation();

    std::uint64_t left() const { return left_; }
    /// Turns `bytes` of it into used space. REQUIRES: bytes <= left().
    void spend(std::uint64_t bytes);
    /// Gives `bytes` of it back unused. REQUIRES: bytes <= left().
    void give_back(std::uint64_t bytes);
    /// Takes over the space of another reservation of the same quota.
    void merge(Reservation&& other);

   private:
    friend class Quota;
    Reservation(Quota& quota, std::uint64_t bytes) : quota_(&quota), left_(bytes) {}

    Quota* quota_ = nullptr;  // Null once moved from.
    std::uint64_t left_ = 0;
  };

  Quota(std::uint64_t limit_bytes, std::uint64_t metadata_bytes);

  /// Fails with NoSpace when it does not fit now; the caller evicts, or not.
  Result<Reservation> reserve(std::uint64_t bytes) EXCLUDES(mutex_);

  void add_used(std::uint64_t bytes) EXCLUDES(mutex_);      ///< Found at start.
  void release_used(std::uint64_t bytes) EXCLUDES(mutex_);  ///< Deleted from the disk.
  void set_metadata(std::uint64_t bytes) EXCLUDES(mutex_);  ///< Grew past its share.

  Usage usage() const EXCLUDES(mutex_);

 private:
  const std::uint64_t limit_;

  mutable Mutex mutex_;
  std::uint64_t metadata_ GUARDED_BY(mutex_);
  std::uint64_t used_ GUARDED_BY(mutex_) = 0;
  std::uint64_t reserved_ GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecache::store
