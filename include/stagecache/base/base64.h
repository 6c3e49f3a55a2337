#pragma once
// Base64 (RFC 4648 4) of bytes, with padding. Pure; OpenSSL does the work.

#include <cstddef>
#include <span>
#include <string>

namespace stagecache {

std::string to_base64(std::span<const std::byte> bytes);

}  // namespace stagecache
