#pragma once
// The checksum of everything that lies in a packed form: XXH3, 64 bits, no seed. It finds
// accidents; the artifact's SHA-256 is what a client relies on.

#include <cstddef>
#include <cstdint>
#include <span>

namespace stagecache::pack {

std::uint64_t checksum(std::span<const std::byte> bytes);

}  // namespace stagecache::pack
