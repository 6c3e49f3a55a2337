#pragma once
//
// Writes one piece: an SST file in the incoming folder, synced, ready to be
// ingested. Bytes never pass a WAL or a memtable.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "keys.h"
#include "stagecache/base/result.h"

namespace stagecache::store {

/// A chunk while it is filled: a fixed buffer of which a prefix is valid. Bytes
/// never change once written, so a reader may hold any prefix.
struct ChunkBuffer {
  explicit ChunkBuffer(std::size_t capacity);
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;  // Guarded by the Filling's mutex.
};

/// Writes `chunks` as the keys from `first` on and syncs the file. On failure
/// nothing is left at `path`. Fails with DiskFull, Internal.
Status write_piece(const std::filesystem::path& path, ChunkKey first,
                   std::span<const std::shared_ptr<ChunkBuffer>> chunks);

/// The most that `size` bytes of content take on the disk: chunk keys and index
/// entries, each piece's footer and properties, rounding to blocks. Measured: a
/// full piece takes 16 MiB + 8 KiB on ext4.
std::uint64_t disk_bytes_of(std::uint64_t size);

}  // namespace stagecache::store
