#include "piece_writer.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <system_error>

#include "database_options.h"
#include "stagecache/store/content.h"

namespace stagecache::store {
namespace {

constexpr std::uint64_t kOverheadPerPiece = 16 << 10;
constexpr std::uint64_t kOverheadPerChunk = 128;

/// Kernel write-back begins while the piece is written, so that the sync at its
/// end finds little left to do.
constexpr std::uint64_t kBytesPerSync = 4 << 20;

rocksdb::Status write_chunks(rocksdb::SstFileWriter& writer, const std::filesystem::path& path,
                             ChunkKey key, std::span<const std::shared_ptr<ChunkBuffer>> chunks) {
  auto status = writer.Open(path.string());
  for (const auto& chunk : chunks) {
    if (!status.ok()) return status;
    status =
        writer.Put(content_key(key),
                   rocksdb::Slice(reinterpret_cast<const char*>(chunk->bytes.get()), chunk->size));
    ++key.chunk;
  }
  return status.ok() ? writer.Finish() : status;
}

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

ChunkBuffer::ChunkBuffer(std::size_t capacity)
    : bytes(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

Status write_piece(const std::filesystem::path& path, ChunkKey first,
                   std::span<const std::shared_ptr<ChunkBuffer>> chunks) {
  rocksdb::Options options(rocksdb::DBOptions(), content_options(nullptr));
  options.bytes_per_sync = kBytesPerSync;
  // The page cache keeps the piece: the first staging after a warm reads it there.
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, nullptr,
                                /*invalidate_page_cache=*/false);
  const auto status = write_chunks(writer, path, first, chunks);
  if (status.ok()) return {};

  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const ErrorCode code =
      status.IsNoSpace() || status.subcode() == rocksdb::Status::SubCode::kNoSpace
          ? ErrorCode::DiskFull
          : ErrorCode::Internal;
  return fail(code, fmt::format("write piece {}: {}", path.filename().string(), status.ToString()));
}

std::uint64_t disk_bytes_of(std::uint64_t size) {
  return size + divide_up(size, kChunkBytes) * kOverheadPerChunk +
         divide_up(size, kPieceBytes) * kOverheadPerPiece;
}

}  // namespace stagecache::store
