#pragma once
//
// Window holds the newest bytes of a fill that is not stored: for an artifact that
// has no room. It is as long as its limit; its writer waits for the slowest
// reader, and gives up on one that takes nothing.
//
// Thread safety: none of its own; the Fill's mutex guards it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "stagecache/store/content.h"

namespace stagecache::cache {

/// Memory that one unstored fill may take.
inline constexpr std::uint64_t kWindowBytes = 4 << 20;

class Window {
 public:
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }
  bool full() const { return end_ - begin_ >= kWindowBytes; }

  void append(std::span<const std::byte> bytes);
  /// Forgets what lies before `offset`.
  void forget_before(std::uint64_t offset);
  /// Forgets what was appended first, whoever still wants it. REQUIRES: not empty.
  void forget_first();
  /// Bytes at `offset`; nullopt when they were forgotten. REQUIRES: offset < end().
  std::optional<store::Slice> read(std::uint64_t offset) const;

 private:
  using Block = std::shared_ptr<const std::vector<std::byte>>;
  std::deque<Block> blocks_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace stagecache::cache
