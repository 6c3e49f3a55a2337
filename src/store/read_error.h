#pragma once
// What a failed read of a chunk means.

#include "stagecache/base/result.h"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace stagecache::store {

/// A chunk that is not there or not right is Corrupt, and is fetched again. What a
/// read lacks for a moment (files, memory) must not cost an artifact: Internal.
std::unexpected<Error> unreadable(const rocksdb::Status& status);

}  // namespace stagecache::store
