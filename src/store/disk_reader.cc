#include "stagecache/store/disk_reader.h"

#include "content_state.h"
#include "piece_reader.h"
#include "stagecache/base/check.h"
#include "stagecache/base/mutex.h"

namespace stagecache::store {

struct DiskReader::State {
  Mutex mutex;
  std::optional<PieceReader> piece GUARDED_BY(mutex);
  // Small reads follow each other within a chunk.
  std::optional<ChunkKey> last_key GUARDED_BY(mutex);
  Slice last GUARDED_BY(mutex);
};

DiskReader::DiskReader(Content content)
    : content_(std::move(content)), state_(std::make_unique<State>()) {}
DiskReader::~DiskReader() = default;

Result<Slice> DiskReader::read(std::uint64_t offset) const {
  CHECK(offset < content_.size());
  const auto& [artifact, size, lease, database] = *content_.state_;
  if (lease->revoked()) return revoked();
  const ChunkKey key{lease->id(), static_cast<std::uint32_t>(offset / kChunkBytes)};
  MutexLock lock(state_->mutex);
  if (state_->last_key == key) return from_offset(state_->last, offset, size);
  if (!state_->piece || !state_->piece->holds(key)) {
    state_->piece.reset();
    const auto found = database.piece_of(key);
    if (!found) return std::unexpected(found.error());
    auto opened = PieceReader::open(database.path_of(*found), *found);
    if (!opened) return error_of(std::move(opened));
    state_->piece.emplace(*std::move(opened));
  }
  auto chunk = state_->piece->read(key);
  if (!chunk) return chunk;
  state_->last_key = key;
  state_->last = *std::move(chunk);
  return from_offset(state_->last, offset, size);
}

}  // namespace stagecache::store
