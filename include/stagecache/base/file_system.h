#pragma once
//
// The few questions stagecache asks of a file system besides what RocksDB does.
// Errors name the path and errno's text; ENOSPC and EDQUOT are DiskFull, ENOENT
// is NotFound. Thread safety: all functions, from any thread.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache {

struct FileUsage {
  std::filesystem::path path;
  std::uint64_t allocated_bytes;  ///< st_blocks * 512: what the file takes on the disk.
};

/// Every file and folder below `root`, `root` itself included, as du counts them.
/// Files that vanish during the walk are left out.
Result<std::vector<FileUsage>> walk_usage(const std::filesystem::path& root);

/// Disk space of one file. Fails with NotFound when it is not there.
Result<std::uint64_t> allocated_bytes(const std::filesystem::path& file);

struct FileSystemSpace {
  std::uint64_t total_bytes;
  std::uint64_t free_bytes;  ///< For an unprivileged process (f_bavail).
};
Result<FileSystemSpace> file_system_space(const std::filesystem::path& path);

/// Reads a whole file. Fails with BadInput when it is larger than `limit_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit_bytes);

/// Writes `bytes` to a file beside `path`, syncs it and renames it to `path`, so
/// that after a crash the name holds the old bytes or all of the new ones.
Status publish_file(const std::filesystem::path& path, std::string_view bytes);
/// The same for a secret: at no time can anybody but the owner read it (mode 0600).
Status publish_private_file(const std::filesystem::path& path, std::string_view bytes);

/// Writes `size` bytes that take real blocks, and syncs them.
Status write_ballast(const std::filesystem::path& path, std::uint64_t size);

/// Makes names in `folder` durable.
Status sync_folder(const std::filesystem::path& folder);

/// Turns errno into an Error: "open /x: No such file or directory".
Error errno_error(std::string_view what, int error_number);

}  // namespace stagecache
