#pragma once
//
// One slice of a stream to what is stored of it, and back: zstd, with windows of a base's stream
// as prefix where there are any, or as it is where that is hardly larger. zstd is fenced in here.
//
// Thread safety: one thread each; the contexts inside are used again by the next call.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stagecache/base/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace stagecache::pack {

/// On the disk: never renumber.
enum class Coding : std::uint8_t { Raw = 0, Zstd = 1 };

class StreamEncoder {
 public:
  StreamEncoder();

  struct Order {
    std::span<const std::byte> bytes;
    std::span<const std::byte> prefix;  ///< Empty: none.
    int level;                          ///< zstd's, 1 to 19.
  };
  /// Appends what is to be stored to `out`. Fails with Internal.
  Result<Coding> encode(const Order& order, std::vector<std::byte>& out);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

class StreamDecoder {
 public:
  StreamDecoder();

  struct Order {
    Coding coding;
    std::span<const std::byte> stored;
    std::span<const std::byte> prefix;  ///< The one it was encoded with.
  };
  /// Fills `out`, which has the size of what was encoded. Fails with Corrupt.
  Status decode(const Order& order, std::span<std::byte> out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace stagecache::pack
