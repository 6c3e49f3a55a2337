#pragma once
// A half-open range of the bytes of a body. A plain value.

#include <cstdint>

namespace stagecache {

/// Bytes [begin, end). INVARIANT: begin < end, where it stands for a request.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t length() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

}  // namespace stagecache
