#pragma once
//
// A file system of a few MiB (a tmpfs, which only root may mount) that a test can
// fill to the last byte.

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "stagecache/base/file_system.h"
#include "store_fixture.h"

namespace stagecache::store {

class SmallDisk {
 public:
  explicit SmallDisk(std::uint64_t bytes) {
    const std::string size = "size=" + std::to_string(bytes);
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return folder_.path(); }
  std::uint64_t free_bytes() const { return file_system_space(path())->free_bytes; }

  /// Somebody else's file that leaves `left` bytes of the disk.
  void let_others_fill_it(std::uint64_t left) {
    const int file = ::open(foreign().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const std::vector<char> block(64 << 10, 'x');
    for (std::uint64_t now = free_bytes(); now > left; now = free_bytes())
      if (::write(file, block.data(), std::min<std::uint64_t>(block.size(), now - left)) <= 0)
        break;
    ::close(file);
  }
  void let_others_go() { std::filesystem::remove(foreign()); }

 private:
  std::filesystem::path foreign() const { return path() / "foreign"; }

  TempFolder folder_;
  bool mounted_ = false;
};

}  // namespace stagecache::store
