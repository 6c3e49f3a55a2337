#include "desks.h"

#include <utility>

#include "stagecache/pack/reader.h"

namespace stagecache::pack {

std::size_t Desk::bytes() const {
  std::size_t bytes = stored.capacity() + prefix.capacity();
  for (const ByteVector& stream : streams) bytes += stream.capacity();
  return bytes;
}

void Desks::GiveBack::operator()(Desk* desk) const {
  desks->give_back(std::unique_ptr<Desk>(desk));
}

Desks::Taken Desks::take() {
  {
    MutexLock lock(mutex_);
    if (!idle_.empty()) {
      Taken desk(idle_.back().release(), GiveBack{this});
      idle_.pop_back();
      return desk;
    }
  }
  return {std::make_unique<Desk>().release(), GiveBack{this}};
}

/// The one used last is taken next: its buffers are warm.
void Desks::give_back(std::unique_ptr<Desk> desk) {
  if (desk->bytes() > kRebuildBytes) return;
  MutexLock lock(mutex_);
  if (idle_.size() < limit_) idle_.push_back(std::move(desk));
}

std::size_t Desks::idle() const {
  MutexLock lock(mutex_);
  return idle_.size();
}

}  // namespace stagecache::pack
