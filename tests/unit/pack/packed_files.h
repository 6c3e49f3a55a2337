#pragma once
// Packs in memory.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "stagecache/pack/packer.h"
#include "stagecache/pack/reader.h"
#include "tests/support/memory_bytes.h"

namespace stagecache::pack::test {

/// A difference to `base`; null: a keyframe.
inline std::string packed(const std::string& artifact,
                          std::shared_ptr<const Reader> base = nullptr) {
  std::string out;
  const auto done = pack(stagecache::test::MemoryBytes(artifact), {.base = std::move(base)},
                         [&](std::span<const std::byte> bytes) {
                           out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                           return Status();
                         });
  EXPECT_TRUE(done);
  return out;
}

}  // namespace stagecache::pack::test
