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

// IANA special-purpose registries (RFC 6890 and updates), and multicast.
// clang-format off
constexpr Prefix4 kPrivate4[] = {
    {{0}, 8},              // "This network"; Linux connects 0.0.0.0 to loopback.
    {{10}, 8},
    {{100, 64}, 10},       // CGNAT; some clouds keep metadata here.
    {{127}, 8},
    {{169, 254}, 16},      // Link-local: the usual metadata address.
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},     // Documentation.
    {{192, 88, 99}, 24},   // 6to4 relays.
    {{192, 168}, 16},
    {{198, 18}, 15},       // Benchmarks.
    {{198, 51, 100}, 24},  // Documentation.
    {{203, 0, 113}, 24},   // Documentation.
    {{224}, 4},            // Multicast.
    {{240}, 4},            // Reserved, and broadcast.
};
constexpr Prefix6 kPrivate6[] = {
    {{}, 96},                                                     // ::, ::1, IPv4-compatible.
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},             // IPv4-mapped: hides any of the above.
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},                   // IPv4-translated.
    {{0x00, 0x64, 0xff, 0x9b}, 96},                               // NAT64.
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48},                   // Local NAT64.
    {{0x01}, 64},                                                 // Discard.
    {{0x20, 0x01}, 32},                                           // Teredo.
    {{0x20, 0x01, 0x0d, 0xb8}, 32},                               // Documentation.
    {{0x20, 0x02}, 16},                                           // 6to4.
    {{0xfc}, 7},                                                  // Unique local.
    {{0xfe, 0x80}, 10},                                           // Link-local.
    {{0xfe, 0xc0}, 10},                                           // Site-local, deprecated.
    {{0xff}, 8},                                                  // Multicast.
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

}  // namespace

bool is_private_address(std::span<const std::uint8_t> address) {
  if (address.size() == 4) return listed(address, kPrivate4);
  if (address.size() == 16) return listed(address, kPrivate6);
  return true;  // No address family that we know: nobody public.
}

}  // namespace stagecache::upstream
