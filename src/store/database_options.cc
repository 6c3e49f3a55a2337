#include "database_options.h"

#include <rocksdb/env.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "stagecache/base/log.h"

namespace stagecache::store {
namespace {

/// RocksDB's own LOG file would be written again after a failed write (and abort
/// the process), and is not in our quota. Warnings go to our log instead.
class LogBridge final : public rocksdb::Logger {
 public:
  LogBridge() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[1024];
    std::vsnprintf(line, sizeof line, format, arguments);
    log_debug("rocksdb: {}", line);
  }
};

/// Every piece stays open (50-120 ms for 6,400 of them), as far as the process
/// may have files open; half of them are left for connections.
int open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return -1;
  return limit.rlim_cur >= 65536 ? -1 : std::max(64, static_cast<int>(limit.rlim_cur / 2));
}

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  // Far below a chunk, so that every chunk is a block of its own.
  table.block_size = 4 << 10;
  return table;
}

}  // namespace

rocksdb::DBOptions database_options(std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.info_log = std::make_shared<LogBridge>();
  options.listeners.push_back(std::move(listener));
  options.max_open_files = open_files();
  // The defaults allocate 76 MB on the disk for one 2-byte write, and take 855 ms
  // to replay a full WAL (measured): both break quota and restart.
  options.allow_fallocate = false;
  options.max_total_wal_size = 8 << 20;
  options.manifest_preallocation_size = 64 << 10;
  options.max_manifest_file_size = 4 << 20;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.skip_stats_update_on_db_open = true;
  options.max_background_jobs = 2;
  // We reopen by ourselves; RocksDB's own retry would write to the broken handle.
  options.max_bgerror_resume_count = 0;
  return options;
}

rocksdb::ColumnFamilyOptions catalog_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = 1 << 20;
  options.target_file_size_base = 2 << 20;
  options.compression = rocksdb::kNoCompression;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache)));
  return options;
}

rocksdb::ColumnFamilyOptions content_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = 64 << 10;  // Never written through a memtable.
  options.compression = rocksdb::kNoCompression;
  options.disable_auto_compactions = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache)));
  return options;
}

}  // namespace stagecache::store
