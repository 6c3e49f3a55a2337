#include "packed_bytes.h"

#include <algorithm>
#include <cstring>

namespace stagecache::cache {

Status PackedBytes::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const auto slice = chunk_at(offset);
    if (!slice) {
      if (slice.error().code == ErrorCode::Corrupt) damaged_ = true;
      return std::unexpected(slice.error());
    }
    const std::size_t count = std::min(out.size(), slice->size());
    std::memcpy(out.data(), slice->bytes().data(), count);  // ranges::copy goes byte by byte here.
    out = out.subspan(count);
    offset += count;
  }
  if (reached_ < offset) reached_ = offset;  // Two at once may set it back: it is for people.
  return {};
}

Result<store::Slice> PackedBytes::chunk_at(std::uint64_t offset) const {
  if (use_ == store::CacheUse::Fill) return content_.read(offset, use_);
  {
    MutexLock lock(mutex_);
    if (offset >= last_begin_ && offset - last_begin_ < last_.size())
      return last_.after(offset - last_begin_);
  }
  const std::uint64_t begin = offset / store::kChunkBytes * store::kChunkBytes;
  auto chunk = content_.read(begin, use_);
  if (!chunk) return chunk;
  MutexLock lock(mutex_);
  last_begin_ = begin;
  last_ = *chunk;
  return chunk->after(offset - begin);
}

}  // namespace stagecache::cache
