#include "stagecache/base/base64.h"

#include <openssl/evp.h>

namespace stagecache {

std::string to_base64(std::span<const std::byte> bytes) {
  // Four digits for every three bytes begun, and the zero that EVP writes.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

}  // namespace stagecache
