#pragma once
//
// RocksDB opens every table at start, and refuses to start for one bad footer. One
// rotten piece must cost its content, not the daemon: it is found and deleted with
// the content's other pieces. The content's reads then fail with Corrupt, and who
// serves it fetches it again.

#include <filesystem>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace stagecache::store {

/// Deletes every content of which a piece is missing or cannot be opened.
/// REQUIRES: nobody else uses `db`.
void delete_damaged_contents(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family,
                             const std::filesystem::path& folder);

}  // namespace stagecache::store
