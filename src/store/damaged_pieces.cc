#include "damaged_pieces.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_reader.h>

#include <set>
#include <system_error>

#include "database_options.h"
#include "keys.h"
#include "stagecache/base/log.h"

namespace stagecache::store {
namespace {

bool opens(const std::filesystem::path& piece, std::uint64_t size) {
  std::error_code error;
  if (std::filesystem::file_size(piece, error) != size || error) return false;
  rocksdb::SstFileReader reader(rocksdb::Options(rocksdb::DBOptions(), content_options(nullptr)));
  return reader.Open(piece.string()).ok();
}

}  // namespace

void delete_damaged_contents(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family,
                             const std::filesystem::path& folder) {
  rocksdb::ColumnFamilyMetaData found;
  db.GetColumnFamilyMetaData(&family, &found);
  std::set<ContentId> damaged;
  for (const auto& level : found.levels) {
    for (const auto& file : level.files) {
      const auto first = parse_content_key(file.smallestkey);
      const auto name = std::filesystem::path(file.name).filename();
      if (!first || opens(folder / name, file.size)) continue;
      log_error("store: piece {} is damaged: content {} is dropped", name.string(), first->id);
      damaged.insert(first->id);
    }
  }
  for (const ContentId id : damaged) {
    const std::string begin = content_key({id, 0}), end = content_key({id + 1, 0});
    const rocksdb::Slice first = begin, last = end;
    const rocksdb::RangePtr range(&first, &last);
    const auto deleted =
        rocksdb::DeleteFilesInRanges(&db, &family, &range, 1, /*include_end=*/false);
    if (!deleted.ok()) log_error("store: content {}: {}", id, deleted.ToString());
  }
}

}  // namespace stagecache::store
