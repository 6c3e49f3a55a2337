#include "disk_read.h"

#include <utility>

namespace stagecache::cache {

std::optional<Result<store::Slice>> DiskRead::take(std::uint64_t offset) {
  MutexLock lock(mutex_);
  if (!found_ || found_->offset != offset) return std::nullopt;
  return std::exchange(found_, std::nullopt)->slice;
}

void DiskRead::keep(Found found) {
  MutexLock lock(mutex_);
  found_ = std::move(found);
}

void DiskRead::start(WorkerPool& pool, std::uint64_t offset, Read read,
                     std::move_only_function<void()> done) {
  // Shared, so that `done` is still ours to call when the pool refuses the work.
  auto when_done = std::make_shared<std::move_only_function<void()>>(std::move(done));
  const bool posted = pool.try_post(
      [self = shared_from_this(), offset, read = std::move(read), when_done]() mutable {
        self->keep({offset, read()});
        (*when_done)();
      });
  if (posted) return;
  keep({offset, fail(ErrorCode::Busy, "too many reads wait for the disk")});
  (*when_done)();
}

}  // namespace stagecache::cache
