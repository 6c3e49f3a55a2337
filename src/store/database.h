#pragma once
//
// Database is our RocksDB: its options, its two column families, and what happens
// when the disk refuses a write. It knows keys and bytes, not artifacts.
//
// Debian's RocksDB aborts the process when a file is written again after a failed
// write. So after the first failure (ours or a background job's) the handle is
// *broken*: reads go on, every write fails with DiskFull, and `reopen` makes a
// new handle once there is room.
//
// Thread safety: all methods, from any thread. Reads share a lock that only
// `reopen` takes alone.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "keys.h"
#include "stagecache/base/result.h"
#include "stagecache/store/content.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class EventListener;
class Status;
class WriteBatch;
struct ColumnFamilyDescriptor;
struct DBOptions;
}  // namespace rocksdb

namespace stagecache::store {

/// A piece as the database's metadata shows it.
struct PieceFile {
  ChunkKey first;
  ChunkKey last;
  std::string name;  ///< "000123.sst"
  int level = 0;
};

class Database {
 public:
  /// What the catalog's WAL, MANIFEST, tables and our ballast may take together.
  static constexpr std::uint64_t kMetadataBytes = 40ull << 20;
  /// What a flush, a compaction and the MANIFEST may write behind a record.
  static constexpr std::uint64_t kWriteHeadroomBytes = 4ull << 20;

  struct Options {
    std::filesystem::path path;
    std::uint64_t block_cache_bytes = 0;
    /// Fewer free bytes than this, and no write is begun.
    std::uint64_t write_headroom_bytes = kWriteHeadroomBytes;
    /// A piece was moved in: its incoming path, and its name from now on.
    std::function<void(const std::filesystem::path&, const std::string&)> on_ingested;
    /// A file is gone from the disk. Called by any thread; must not block.
    std::function<void(const std::string& name)> on_deleted;
  };

  /// Fails with Conflict, DiskFull, Corrupt, Internal.
  static Result<std::unique_ptr<Database>> open(Options options);
  ~Database();

  // Catalog.
  enum class Durability { Synced, Lazy };
  Status write(rocksdb::WriteBatch& batch, Durability durability);
  Status for_each(
      std::string_view prefix,
      const std::function<Status(std::string_view key, std::string_view value)>& on_record);
  /// nullopt when there is no such record.
  Result<std::optional<std::string>> get(std::string_view key);

  // Content. The slices hold their block of the cache; they may outlive a reopen.
  Result<std::optional<Slice>> read_cached(ChunkKey key);  ///< Block cache only; never blocks.
  Result<Slice> read(ChunkKey key, CacheUse use);
  Status ingest(const std::filesystem::path& piece);
  Status delete_content(ContentId id);
  /// Deletes files that a reader inside RocksDB kept when their content was deleted:
  /// by itself RocksDB looks for them no sooner than at the next flush or delete.
  void purge_obsolete();
  std::vector<PieceFile> pieces();
  /// The piece with this chunk. Fails with Corrupt when there is none.
  Result<PieceFile> piece_of(ChunkKey key);
  std::filesystem::path path_of(const PieceFile& piece) const;

  void set_block_cache(std::uint64_t bytes);
  std::uint64_t catalog_bytes();  ///< Table files of the catalog.

  bool broken() const { return broken_.load(); }
  /// A write failed or was not begun for want of room since the last clear.
  bool was_refused() const { return refused_.load(); }
  void clear_refused() { refused_ = false; }
  void note_refused() { refused_ = true; }
  /// Nothing is written before the next reopen.
  void note_broken() { broken_ = true; }
  /// Fails with DiskFull when `bytes` would not leave the headroom.
  Status check_room(std::uint64_t bytes);

  /// Closes the handle and opens a new one; on failure a read-only one, and the
  /// database stays broken, as it does when `after_open` fails. `before_open` runs
  /// between the two, `after_open` before anybody else reads or writes.
  Status reopen(const std::function<void()>& before_open,
                const std::function<Status(const std::vector<PieceFile>&)>& after_open);

 private:
  struct Handle;
  class Listener;

  explicit Database(Options options);
  enum class Access { Write, Read, Repair };
  Result<std::unique_ptr<Handle>> open_handle(Access access);
  Status note(const rocksdb::Status& status, std::string_view what);
  Status check_writable();
  Status reopen_locked(const std::function<void()>& before_open,
                       const std::function<Status(const std::vector<PieceFile>&)>& after_open);
  static std::vector<PieceFile> pieces_of(Handle& handle);

  const Options options_;
  std::shared_ptr<rocksdb::Cache> block_cache_;
  std::shared_ptr<Listener> listener_;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> refused_ = false;

  /// Shared access to `handle_`, after a reopen that waits for it: pthread's lock
  /// prefers readers, and under load there is always one.
  std::shared_lock<std::shared_mutex> enter();

  std::mutex turnstile_;  // Held by reopen; before gate_.
  std::atomic<bool> reopening_ = false;
  std::shared_mutex gate_;
  std::unique_ptr<Handle> handle_;  // Guarded by gate_; null only inside reopen.
};

}  // namespace stagecache::store
