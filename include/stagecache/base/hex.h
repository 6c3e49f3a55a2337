#pragma once
// Hexadecimal text of bytes and back. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stagecache {

/// Two lower-case digits a byte.
std::string to_hex(std::span<const std::byte> bytes);

/// Reads exactly `out.size()` bytes from twice as many digits of either case.
/// Returns false (with `out` unspecified) for any other length or character.
bool from_hex(std::string_view text, std::span<std::byte> out);

}  // namespace stagecache
