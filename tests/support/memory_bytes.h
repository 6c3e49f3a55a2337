#pragma once
// An artifact that lies in memory, and whose disk may fail.

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "stagecache/base/check.h"
#include "stagecache/pack/bytes.h"

namespace stagecache::test {

class MemoryBytes : public pack::Bytes {
 public:
  explicit MemoryBytes(std::string bytes) : bytes_(std::move(bytes)) {}

  std::uint64_t size() const override { return bytes_.size(); }
  Status read(std::uint64_t offset, std::span<std::byte> out) const override {
    CHECK(offset <= bytes_.size() && out.size() <= bytes_.size() - offset);
    if (offset + out.size() > fails_at_) return fail(ErrorCode::Corrupt, "the disk says no");
    largest_read_ = std::max<std::size_t>(largest_read_, out.size());
    std::ranges::copy(std::as_bytes(std::span(bytes_)).subspan(offset, out.size()), out.begin());
    return {};
  }

  /// Reads that touch the byte at `offset` or one behind it fail from now on.
  void fail_at(std::uint64_t offset) { fails_at_ = offset; }
  std::size_t largest_read() const { return largest_read_; }
  const std::string& text() const { return bytes_; }

 private:
  std::string bytes_;
  std::uint64_t fails_at_ = UINT64_MAX;
  mutable std::atomic<std::size_t> largest_read_ = 0;
};

}  // namespace stagecache::test
