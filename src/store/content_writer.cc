#include "content_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "stagecache/base/check.h"
#include "stagecache/base/file_system.h"

namespace stagecache::store {
namespace {

constexpr std::size_t kChunksPerPiece = kPieceBytes / kChunkBytes;

}  // namespace

ContentWriter::ContentWriter(StoreParts& parts, Quota::Reservation reservation,
                             std::shared_ptr<LeaseTable::Lease> lease, More more,
                             std::uint64_t stored_bytes)
    : parts_(parts),
      lease_(std::move(lease)),
      reservation_(std::move(reservation)),
      more_(more),
      stored_bytes_(stored_bytes),
      size_(stored_bytes),
      first_in_memory_((stored_bytes + kChunkBytes - 1) / kChunkBytes) {
  parts_.writer_began();
}

ContentWriter::~ContentWriter() {
  parts_.writer_ended();
}

std::uint64_t ContentWriter::size() const {
  MutexLock lock(mutex_);
  return size_;
}

Status ContentWriter::append(std::span<const std::byte> bytes) {
  if (!bytes.empty() && stored_bytes_ % kChunkBytes != 0)
    return fail(ErrorCode::Corrupt,
                "more bytes behind a short chunk, which is the end of what is stored");
  while (!bytes.empty()) {
    MutexLock lock(mutex_);
    if (chunks_.empty() || chunks_.back()->size == kChunkBytes)
      chunks_.push_back(std::make_shared<ChunkBuffer>(kChunkBytes));
    ChunkBuffer& chunk = *chunks_.back();
    const std::size_t count = std::min<std::size_t>(bytes.size(), kChunkBytes - chunk.size);
    std::memcpy(chunk.bytes.get() + chunk.size, bytes.data(), count);
    chunk.size += count;
    size_ += count;
    bytes = bytes.subspan(count);
  }
  return store_full_pieces();
}

Status ContentWriter::store_full_pieces() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      const bool full = chunks_.size() > kChunksPerPiece ||
                        (chunks_.size() == kChunksPerPiece && chunks_.back()->size == kChunkBytes);
      if (!full) return {};
    }
    RETURN_IF_ERROR(store_piece(kChunksPerPiece));
  }
}

Status ContentWriter::store_whole_chunks() {
  RETURN_IF_ERROR(store_full_pieces());
  std::size_t whole = 0;
  {
    MutexLock lock(mutex_);
    whole = chunks_.size();
    if (whole > 0 && chunks_.back()->size < kChunkBytes) --whole;
  }
  return whole > 0 ? store_piece(whole) : Status();
}

Status ContentWriter::store_rest() {
  RETURN_IF_ERROR(store_full_pieces());
  std::size_t rest = 0;
  {
    MutexLock lock(mutex_);
    rest = chunks_.size();
  }
  return rest > 0 ? store_piece(rest) : Status();
}

bool ContentWriter::has_rest() const {
  MutexLock lock(mutex_);
  return !chunks_.empty();
}

/// Writes the first `count` chunks in memory as one piece.
Status ContentWriter::store_piece(std::size_t count) {
  std::vector<std::shared_ptr<ChunkBuffer>> piece;
  std::uint64_t payload = 0;
  {
    MutexLock lock(mutex_);
    CHECK(count > 0 && count <= chunks_.size());
    piece.assign(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(count));
    for (const auto& chunk : piece) payload += chunk->size;
  }
  RETURN_IF_ERROR(write_and_ingest(piece, payload));
  stored_bytes_ += payload;
  drop_from_memory(count);
  return {};
}

void ContentWriter::drop_from_memory(std::size_t count) {
  MutexLock lock(mutex_);
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(count));
  first_in_memory_ += count;
}

Status ContentWriter::reserve_piece(std::uint64_t payload) {
  const std::uint64_t wanted = disk_bytes_of(payload);
  if (reservation_.left() >= wanted) return {};
  const std::uint64_t lacking = wanted - reservation_.left();
  auto more = parts_.reserve(std::max(lacking, more_.step_bytes), more_.room);
  if (!more) more = parts_.reserve(lacking, more_.room);
  if (!more) return error_of(std::move(more));
  reservation_.merge(*std::move(more));
  return {};
}

bool ContentWriter::already_ingested(ChunkKey first) const {
  return std::ranges::any_of(parts_.database->pieces(),
                             [&](const PieceFile& piece) { return piece.first == first; });
}

Status ContentWriter::write_and_ingest(std::span<const std::shared_ptr<ChunkBuffer>> piece,
                                       std::uint64_t payload) {
  RETURN_IF_ERROR(reserve_piece(payload));
  const ChunkKey first{lease_->id(), static_cast<std::uint32_t>(stored_bytes_ / kChunkBytes)};
  if (piece_in_doubt_) {
    if (parts_.database->broken()) return fail(ErrorCode::DiskFull, "the store is being reopened");
    piece_in_doubt_ = false;
    if (already_ingested(first)) {
      // Found, and counted as used, by the reopen.
      reservation_.give_back(std::min(reservation_.left(), disk_bytes_of(payload)));
      return {};
    }
  }
  RETURN_IF_ERROR(parts_.database->check_room(disk_bytes_of(payload)));
  const auto path = parts_.incoming_path() / fmt::format("{}-{}.sst", first.id, first.chunk);
  if (auto written = write_piece(path, first, piece); !written) {
    if (written.error().code == ErrorCode::DiskFull) parts_.database->note_refused();
    return written;
  }
  const auto bytes = allocated_bytes(path);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto covered = cover(*bytes); !covered) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return covered;
  }
  parts_.ledger.expect(path, {first.id, *bytes});
  if (auto ingested = parts_.database->ingest(path); !ingested) {
    parts_.ledger.withdraw(path);
    piece_in_doubt_ = true;
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return ingested;
  }
  reservation_.spend(*bytes);
  return {};
}

/// For a file system that allocates more than disk_bytes_of reckons with.
Status ContentWriter::cover(std::uint64_t bytes) {
  if (bytes <= reservation_.left()) return {};
  auto more = parts_.reserve(bytes - reservation_.left(), more_.room);
  if (!more) return error_of(std::move(more));
  reservation_.merge(*std::move(more));
  return {};
}

std::optional<Slice> ContentWriter::from_memory(std::uint64_t offset) const {
  MutexLock lock(mutex_);
  CHECK(offset < size_);
  const std::uint64_t index = offset / kChunkBytes;
  if (index < first_in_memory_) return std::nullopt;
  const auto& chunk = chunks_[index - first_in_memory_];
  return Slice(std::span(chunk->bytes.get(), chunk->size), chunk).after(offset % kChunkBytes);
}

}  // namespace stagecache::store
