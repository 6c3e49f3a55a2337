#include "stagecache/model/sha256.h"

#include <algorithm>
#include <cstring>

#include "stagecache/base/base64.h"
#include "stagecache/base/check.h"
#include "stagecache/base/hex.h"

namespace stagecache {
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
  return to_base64(bytes);
}

}  // namespace stagecache

std::size_t std::hash<stagecache::Sha256>::operator()(
    const stagecache::Sha256& digest) const noexcept {
  std::size_t value;  // A digest's first bytes are as good as any hash of it.
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}
