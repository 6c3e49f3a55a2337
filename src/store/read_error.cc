#include "read_error.h"

#include <fmt/format.h>
#include <rocksdb/status.h>

namespace stagecache::store {

std::unexpected<Error> unreadable(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  const bool lacking = status.IsMemoryLimit() || text.contains("Too many open files") ||
                       text.contains("Cannot allocate memory");
  const bool damaged = status.IsCorruption() || status.IsNotFound() || status.IsIOError();
  return fail(damaged && !lacking ? ErrorCode::Corrupt : ErrorCode::Internal,
              fmt::format("read a chunk: {}", text));
}

}  // namespace stagecache::store
