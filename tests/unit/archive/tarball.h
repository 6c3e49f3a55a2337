#pragma once
// Makes tarballs in memory, with headers that may lie.

#include <cstddef>
#include <string>
#include <string_view>

#include "stagecache/archive/look.h"

namespace stagecache::archive::test {

enum class Filter { None, Gzip, Bzip2, Xz, Zstd };

/// Appends entries; bytes() closes the tar and packs it.
class Tarball {
 public:
  Tarball& file(const std::string& path, std::string_view data = "x");
  Tarball& folder(const std::string& path);
  Tarball& symlink(const std::string& path, const std::string& target);
  Tarball& hardlink(const std::string& path, const std::string& target);
  /// A header by hand: `size` as it says, whatever data follows.
  Tarball& header(const std::string& path, char type, std::uint64_t size,
                  const std::string& link = "");
  /// As it is, without padding.
  Tarball& raw(std::string_view bytes);

  /// The tar with its end mark.
  std::string tar() const { return blocks_ + std::string(1024, '\0'); }
  /// Without it.
  const std::string& open_tar() const { return blocks_; }

 private:
  std::string blocks_;
};

std::string pack(std::string_view bytes, Filter filter);

/// Hands out `bytes` in parts of `part` bytes. REQUIRES: `bytes` outlives it.
ByteSource source_of(const std::string& bytes, std::size_t part = 4096);

/// REQUIRES: the look does not fail.
ArchiveSummary look_at(const std::string& bytes, const Limits& limits = {});

/// True when some finding of that severity has `part` in its text.
bool has_finding(const ArchiveSummary& summary, Severity severity, std::string_view part);
std::string listed(const ArchiveSummary& summary);

}  // namespace stagecache::archive::test
