#include "whole_read.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagecache::cache {
namespace {

Status compare(const Hasher& hasher, const Sha256& wanted) {
  const Sha256 found = Sha256::from(hasher.digest());
  if (found == wanted) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("the sha256 of all is {}, not {}", found.hex(), wanted.hex()));
}

}  // namespace

Result<std::optional<WholeRead>> WholeRead::open(store::Store& store, const Sha256& sha256) {
  auto raw = store.content(sha256);
  if (!raw) return error_of(std::move(raw));
  if (*raw) return WholeRead(**std::move(raw));
  auto packed = store.packed(sha256);
  if (!packed) return error_of(std::move(packed));
  if (!*packed) return std::nullopt;
  auto source = open_packed(**packed, store::CacheUse::LeaveAlone);
  if (!source) return error_of(std::move(source));
  return WholeRead(*std::move(source));
}

Result<std::span<const std::byte>> WholeRead::next() {
  if (packed_) {
    if (segment_ == packed_->reader->segments()) return std::span<const std::byte>();
    auto rebuilt = packed_->reader->rebuild(segment_++);
    if (!rebuilt) return error_of(std::move(rebuilt));
    rebuilt_ = *std::move(rebuilt);
    return rebuilt_;
  }
  if (offset_ >= raw_->size()) return std::span<const std::byte>();
  auto slice = raw_->read(offset_, store::CacheUse::LeaveAlone);
  if (!slice) return error_of(std::move(slice));
  slice_ = *std::move(slice);
  offset_ += slice_.size();
  return slice_.bytes();
}

Status rebuild_whole(const pack::Reader& reader, const pack::Checkpoint& checkpoint,
                     const pack::Sink& sink) {
  Hasher hasher(HashKind::Sha256);
  for (std::size_t segment = 0; segment < reader.segments(); ++segment) {
    if (checkpoint) RETURN_IF_ERROR(checkpoint());
    const auto bytes = reader.rebuild(segment);
    if (!bytes) return std::unexpected(bytes.error());
    hasher.update(*bytes);
    if (sink) RETURN_IF_ERROR(sink(*bytes));
  }
  return compare(hasher, reader.header().artifact);
}

Status read_whole(const pack::Bytes& raw, const Sha256& wanted, const pack::Sink& sink) {
  Hasher hasher(HashKind::Sha256);
  std::vector<std::byte> chunk(store::kChunkBytes);
  for (std::uint64_t offset = 0; offset < raw.size();) {
    const auto part = std::span(chunk).first(std::min(store::kChunkBytes, raw.size() - offset));
    RETURN_IF_ERROR(raw.read(offset, part));
    hasher.update(part);
    if (sink) RETURN_IF_ERROR(sink(part));
    offset += part.size();
  }
  return compare(hasher, wanted);
}

}  // namespace stagecache::cache
