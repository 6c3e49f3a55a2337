#pragma once
// Stored bytes as module `pack` reads them, from the disk itself. Thread safety: all methods,
// from any thread, one at a time.

#include <algorithm>
#include <cstring>

#include "stagecache/pack/bytes.h"
#include "stagecache/store/disk_reader.h"

namespace stagecache::cache {

class DiskBytes final : public pack::Bytes {
 public:
  explicit DiskBytes(store::Content content) : reader_(std::move(content)) {}

  std::uint64_t size() const override { return reader_.content().size(); }

  Status read(std::uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const auto slice = reader_.read(offset);
      if (!slice) return std::unexpected(slice.error());
      const std::size_t count = std::min(out.size(), slice->size());
      std::memcpy(out.data(), slice->bytes().data(), count);
      out = out.subspan(count);
      offset += count;
    }
    return {};
  }

 private:
  const store::DiskReader reader_;
};

}  // namespace stagecache::cache
