#include "stagecache/model/sha256.h"

#include <algorithm>
#include <cstring>

#include "stagecache/base/check.h"
#include "stagecache/base/hex.h"

namespace stagecache {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Result<Sha256> Sha256::parse(std::string_view hex) {
  Sha256 digest;
  if (!from_hex(hex, digest.bytes))
    return fail(ErrorCode::BadInput,
                "'" + std::string(hex.substr(0, 80)) + "' is no SHA-256: 64 hex digits are wanted");
  return digest;
}

Sha256 Sha256::from(std::span<const std::byte> bytes) {
  Sha256 digest;
  CHECK(bytes.size() == digest.bytes.size());
  std::ranges::copy(bytes, digest.bytes.begin());
  return digest;
}

std::string Sha256::hex() const {
  return to_hex(bytes);
}

std::string Sha256::base64() const {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? std::to_integer<unsigned>(bytes[i + k]) : 0u;
    };
    const unsigned group = at(0) << 16 | at(1) << 8 | at(2);
    const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t d = 0; d < 4; ++d)
      text += d < digits ? kBase64[group >> (18 - 6 * d) & 63] : '=';
  }
  return text;
}

}  // namespace stagecache

std::size_t std::hash<stagecache::Sha256>::operator()(
    const stagecache::Sha256& digest) const noexcept {
  std::size_t value;  // A digest's first bytes are as good as any hash of it.
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}
