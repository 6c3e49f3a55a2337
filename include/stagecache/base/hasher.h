#pragma once
//
// Hasher turns bytes that come in pieces into a digest (OpenSSL EVP). It holds
// no lock: one thread at a time.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace stagecache {

enum class HashKind { Md5, Sha1, Sha256, Sha512 };

/// Digest length in bytes: 16, 20, 32, 64.
std::size_t digest_size(HashKind kind);

class Hasher {
 public:
  explicit Hasher(HashKind kind);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(std::span<const std::byte> bytes);

  /// The digest of all bytes so far; the hasher can be updated further.
  std::vector<std::byte> digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of one block of bytes.
std::vector<std::byte> hash(HashKind kind, std::span<const std::byte> bytes);

}  // namespace stagecache
