#pragma once
//
// Random access to bytes that lie somewhere: a stored content, a file, memory.
// This is all that pack knows of where artifacts and packed forms are kept.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "stagecache/base/result.h"

namespace stagecache::pack {

/// Thread-safe.
class Bytes {
 public:
  virtual ~Bytes() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`. REQUIRES: offset + out.size() <= size().
  /// Fails with Corrupt, Cancelled.
  virtual Status read(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

/// Called between pieces of long work, at least once a MiB: may block (paused under
/// load); an error ends the work with it.
using Checkpoint = std::function<Status()>;

}  // namespace stagecache::pack
