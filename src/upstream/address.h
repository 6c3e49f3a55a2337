#pragma once
// An IP address as a value. Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

struct sockaddr;

namespace stagecache::upstream {

class Address {
 public:
  /// REQUIRES: 4 or 16 bytes, in network order.
  explicit Address(std::span<const std::uint8_t> bytes);

  /// A literal: "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nullopt for a name.
  static std::optional<Address> parse(std::string_view text);
  /// nullopt for anything but IPv4 and IPv6.
  static std::optional<Address> from(const sockaddr* address);

  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  std::string to_string() const;  ///< IPv6 without brackets.
  bool is_v6() const { return size_ == 16; }

  bool operator==(const Address&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace stagecache::upstream
