#include <array>
#include <cstddef>

#include "stagecache/upstream/policy.h"

namespace stagecache::upstream {
namespace {

struct Prefix4 {
  std::array<std::uint8_t, 4> bytes;
  unsigned bits;
};
struct Prefix6 {
  std::array<std::uint8_t, 16> bytes;
  unsigned bits;
};

// IANA special-purpose registries (RFC 6890 and updates), multicast, and what clouds
// keep at addresses that look public.
// clang-format off
constexpr Prefix4 kPrivate4[] = {
    {{0}, 8},              // "This network"; Linux connects 0.0.0.0 to loopback.
    {{10}, 8},
    {{100, 64}, 10},       // CGNAT; some clouds keep metadata here.
    {{127}, 8},
    {{168, 63, 129, 16}, 32},  // Azure's host agent.
    {{169, 254}, 16},      // Link-local: the usual metadata address.
    {{172, 16}, 12},
    {{192, 0, 0}, 24},     // Protocol assignments; Oracle's metadata.
    {{192, 0, 2}, 24},     // Documentation.
    {{192, 31, 196}, 24},  // AS112.
    {{192, 52, 193}, 24},  // Automatic multicast tunnels.
    {{192, 88, 99}, 24},   // 6to4 relays.
    {{192, 168}, 16},
    {{192, 175, 48}, 24},  // AS112.
    {{198, 18}, 15},       // Benchmarks.
    {{198, 51, 100}, 24},  // Documentation.
    {{203, 0, 113}, 24},   // Documentation.
    {{224}, 4},            // Multicast.
    {{240}, 4},            // Reserved, and broadcast.
};
// Only global unicast is public at all (RFC 4291 2.4). What is outside of it holds
// loopback, mapped, translated, NAT64, unique local, link-local and multicast.
constexpr Prefix6 kGlobalUnicast = {{0x20}, 3};
constexpr Prefix6 kPrivate6[] = {
    {{0x20, 0x01}, 23},                        // Protocol assignments: Teredo, ORCHID, benchmarks.
    {{0x20, 0x01, 0x0d, 0xb8}, 32},            // Documentation.
    {{0x20, 0x02}, 16},                        // 6to4.
    {{0x3f, 0xff}, 20},                        // Documentation (RFC 9637).
};
// clang-format on

bool begins_with(std::span<const std::uint8_t> address, std::span<const std::uint8_t> prefix,
                 unsigned bits) {
  for (unsigned bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if ((address[bit / 8] & mask) != (prefix[bit / 8] & mask)) return false;
  }
  return true;
}

template <class Table>
bool listed(std::span<const std::uint8_t> address, const Table& table) {
  for (const auto& prefix : table)
    if (begins_with(address, prefix.bytes, prefix.bits)) return true;
  return false;
}

/// ISATAP (RFC 5214 6.1): 0:5efe or 200:5efe, then an IPv4 address.
bool hides_ipv4(std::span<const std::uint8_t> address) {
  return (address[8] & 0xfdU) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

}  // namespace

bool is_private_address(std::span<const std::uint8_t> address) {
  if (address.size() == 4) return listed(address, kPrivate4);
  if (address.size() == 16)
    return !begins_with(address, kGlobalUnicast.bytes, kGlobalUnicast.bits) ||
           hides_ipv4(address) || listed(address, kPrivate6);
  return true;  // No address family that we know: nobody public.
}

}  // namespace stagecache::upstream
