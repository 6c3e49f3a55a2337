#include "stagecache/store/content.h"

#include <fmt/format.h>

#include <algorithm>

#include "content_state.h"
#include "stagecache/base/check.h"

namespace stagecache::store {
namespace {

ChunkKey key_at(ContentId id, std::uint64_t offset) {
  return {id, static_cast<std::uint32_t>(offset / kChunkBytes)};
}

}  // namespace

Result<Slice> from_offset(const Slice& chunk, std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t begin = offset / kChunkBytes * kChunkBytes;
  if (chunk.size() != std::min(kChunkBytes, size - begin))
    return fail(ErrorCode::Corrupt,
                fmt::format("the chunk at {} has {} bytes", begin, chunk.size()));
  return chunk.after(offset - begin);
}

std::unexpected<Error> revoked() {
  return fail(ErrorCode::Cancelled, "evicted, and read too slowly while room was needed");
}

Content::Content(std::shared_ptr<State> state) : state_(std::move(state)) {}

const Artifact& Content::artifact() const {
  return state_->artifact;
}
std::uint64_t Content::size() const {
  return state_->size;
}

Result<std::optional<Slice>> Content::read_cached(std::uint64_t offset) const {
  CHECK(offset < size());
  if (state_->lease->revoked()) return revoked();
  auto chunk = state_->database.read_cached(key_at(state_->lease->id(), offset));
  if (!chunk) return error_of(std::move(chunk));
  if (!*chunk) return std::optional<Slice>();
  return from_offset(**chunk, offset, size());
}

Result<Slice> Content::read(std::uint64_t offset, CacheUse use) const {
  CHECK(offset < size());
  if (state_->lease->revoked()) return revoked();
  auto chunk = state_->database.read(key_at(state_->lease->id(), offset), use);
  if (!chunk) return chunk;
  return from_offset(*chunk, offset, size());
}

}  // namespace stagecache::store
