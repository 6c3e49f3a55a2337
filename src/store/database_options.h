#pragma once
// RocksDB's options, with the number or the failure that decided each.

#include <rocksdb/cache.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>

#include <memory>

namespace stagecache::store {

rocksdb::DBOptions database_options(std::shared_ptr<rocksdb::EventListener> listener);
rocksdb::ColumnFamilyOptions catalog_options(const std::shared_ptr<rocksdb::Cache>& cache);
rocksdb::ColumnFamilyOptions content_options(const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace stagecache::store
