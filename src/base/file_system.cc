#include "stagecache/base/file_system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace stagecache {
namespace {

/// st_blocks counts in these, whatever the file system's block size (stat(2)).
constexpr std::uint64_t kStatBlockBytes = 512;

std::unexpected<Error> fail_errno(std::string_view call, const std::filesystem::path& path) {
  return std::unexpected(errno_error(fmt::format("{} {}", call, path.string()), errno));
}

/// A file descriptor that is closed with its scope.
class File {
 public:
  File(const std::filesystem::path& path, int flags, mode_t mode = 0644)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

Status write_all(const File& file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_and_sync(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (!file) return fail_errno("open", path);
  RETURN_IF_ERROR(write_all(file, bytes, path));
  if (::fsync(file.get()) != 0) return fail_errno("sync", path);
  return {};
}

Status publish(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  const std::filesystem::path partial = path.string() + ".partial";
  ::unlink(partial.c_str());  // A left-over would keep its own mode.
  if (auto written = write_and_sync(partial, bytes, mode); !written) {
    ::unlink(partial.c_str());
    return written;
  }
  if (::rename(partial.c_str(), path.c_str()) != 0) return fail_errno("rename", partial);
  return sync_folder(path.parent_path());
}

}  // namespace

Error errno_error(std::string_view what, int error_number) {
  ErrorCode code = ErrorCode::Internal;
  if (error_number == ENOSPC || error_number == EDQUOT) code = ErrorCode::DiskFull;
  if (error_number == ENOENT) code = ErrorCode::NotFound;
  return {code, fmt::format("{}: {}", what, std::generic_category().message(error_number))};
}

Result<std::vector<FileUsage>> walk_usage(const std::filesystem::path& root) {
  std::vector<FileUsage> found;
  const auto note = [&found](const std::filesystem::path& path) {
    if (const auto bytes = allocated_bytes(path)) found.push_back({path, *bytes});
  };

  std::error_code error;
  note(root);
  auto entry = std::filesystem::recursive_directory_iterator(root, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    note(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return std::unexpected(errno_error(fmt::format("walk {}", root.string()), error.value()));
  return found;
}

Result<std::uint64_t> allocated_bytes(const std::filesystem::path& file) {
  struct stat info{};
  if (::lstat(file.c_str(), &info) != 0) return fail_errno("stat", file);
  return static_cast<std::uint64_t>(info.st_blocks) * kStatBlockBytes;
}

Result<FileSystemSpace> file_system_space(const std::filesystem::path& path) {
  struct statvfs info{};
  if (::statvfs(path.c_str(), &info) != 0) return fail_errno("statvfs", path);
  const std::uint64_t block = info.f_frsize;
  return FileSystemSpace{.total_bytes = info.f_blocks * block, .free_bytes = info.f_bavail * block};
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  const File file(path, O_RDONLY);
  if (!file) return fail_errno("open", path);
  std::string bytes;
  std::string buffer(64 << 10, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", path);
    if (got == 0) return bytes;
    bytes.append(buffer, 0, static_cast<std::size_t>(got));
    if (bytes.size() > limit_bytes)
      return fail(ErrorCode::BadInput,
                  fmt::format("{} is larger than {} bytes", path.string(), limit_bytes));
  }
}

Status publish_file(const std::filesystem::path& path, std::string_view bytes) {
  return publish(path, bytes, 0644);
}

Status publish_private_file(const std::filesystem::path& path, std::string_view bytes) {
  return publish(path, bytes, 0600);
}

Status write_ballast(const std::filesystem::path& path, std::uint64_t size) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return fail_errno("open", path);
  // Not zeros: a file system that compresses would keep no blocks for them.
  std::string block(64 << 10, '\0');
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * 2654435761u >> 7);
  for (std::uint64_t written = 0; written < size; written += block.size()) {
    const auto part =
        std::string_view(block).substr(0, std::min(size - written, std::uint64_t{block.size()}));
    RETURN_IF_ERROR(write_all(file, part, path));
  }
  if (::fsync(file.get()) != 0) return fail_errno("sync", path);
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path target = folder.empty() ? std::filesystem::path(".") : folder;
  const File file(target, O_RDONLY | O_DIRECTORY);
  if (!file) return fail_errno("open", target);
  if (::fsync(file.get()) != 0) return fail_errno("sync", target);
  return {};
}

}  // namespace stagecache
