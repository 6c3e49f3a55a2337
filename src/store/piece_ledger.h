#pragma once
//
// PieceLedger knows which piece file takes how many bytes on the disk, and tells
// the quota when one is gone. RocksDB names the files and deletes them; its events
// drive this.
//
// Thread safety: all methods, from any thread.

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "stagecache/base/mutex.h"
#include "stagecache/model/artifact.h"
#include "stagecache/store/quota.h"

namespace stagecache::store {

class PieceLedger {
 public:
  explicit PieceLedger(Quota& quota) : quota_(quota) {}

  struct Piece {
    ContentId id = 0;
    std::uint64_t bytes = 0;  ///< Allocated blocks.
  };

  /// A written piece is about to be ingested; its bytes are still reserved.
  void expect(const std::filesystem::path& incoming, Piece piece) EXCLUDES(mutex_);
  /// It was not ingested after all.
  void withdraw(const std::filesystem::path& incoming) EXCLUDES(mutex_);
  /// RocksDB's event: it has a name now. The writer turns reserved into used.
  void ingested(const std::filesystem::path& incoming, const std::string& name) EXCLUDES(mutex_);
  /// RocksDB's event: a file is gone. Gives its quota back; false for none of ours.
  bool deleted(const std::string& name) EXCLUDES(mutex_);

  /// What really lies on the disk, at start or after a reopen, by file name.
  /// REQUIRES: no ingest is under way.
  void reconcile(std::unordered_map<std::string, Piece> found) EXCLUDES(mutex_);

  std::uint64_t bytes_of(ContentId id) const EXCLUDES(mutex_);

 private:
  Quota& quota_;
  mutable Mutex mutex_;
  std::unordered_map<std::string, Piece> incoming_ GUARDED_BY(mutex_);  // By path.
  std::unordered_map<std::string, Piece> pieces_ GUARDED_BY(mutex_);    // By RocksDB's file name.
  std::unordered_map<ContentId, std::uint64_t> by_content_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::store
