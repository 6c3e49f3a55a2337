#pragma once
//
// Numbers to bytes and back: fixed ones little-endian, others as LEB128. The reader takes bytes
// from a disk: past the end, or with a number longer than 64 bits, it gives zeros and remembers.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stagecache::pack {

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) : out_(&out) {}

  void u8(std::uint8_t value) { out_->push_back(std::byte{value}); }
  void u64(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) u8(static_cast<std::uint8_t>(value >> shift));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }
  void bytes(std::span<const std::byte> bytes) {
    out_->insert(out_->end(), bytes.begin(), bytes.end());
  }

 private:
  std::vector<std::byte>* out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : left_(bytes) {}

  std::uint8_t u8() {
    const auto byte = bytes(1);
    return byte.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(byte[0]);
  }
  std::uint64_t u64() {
    const auto taken = bytes(8);
    std::uint64_t value = 0;
    for (std::size_t at = taken.size(); at-- > 0;)
      value = value << 8 | std::to_integer<std::uint64_t>(taken[at]);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;  // Wider than 64 bits.
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    failed_ = true;
    return 0;
  }
  /// The next `count` bytes; none when there are fewer.
  std::span<const std::byte> bytes(std::size_t count) {
    if (count > left_.size()) {
      failed_ = true;
      left_ = {};
      return {};
    }
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  bool ok() const { return !failed_; }
  bool at_end() const { return !failed_ && left_.empty(); }
  std::size_t left() const { return left_.size(); }

 private:
  std::span<const std::byte> left_;
  bool failed_ = false;
};

}  // namespace stagecache::pack
