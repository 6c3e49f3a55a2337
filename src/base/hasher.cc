#include "stagecache/base/hasher.h"

#include <openssl/evp.h>

#include "stagecache/base/check.h"

namespace stagecache {
namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context new_context() {
  Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  CHECK(context != nullptr);
  return context;
}

const EVP_MD* algorithm(HashKind kind) {
  switch (kind) {
    case HashKind::Md5: return EVP_md5();
    case HashKind::Sha1: return EVP_sha1();
    case HashKind::Sha256: return EVP_sha256();
    case HashKind::Sha512: return EVP_sha512();
  }
  return nullptr;
}

}  // namespace

std::size_t digest_size(HashKind kind) {
  return static_cast<std::size_t>(EVP_MD_get_size(algorithm(kind)));
}

struct Hasher::State {
  Context context = new_context();
};

Hasher::Hasher(HashKind kind) : state_(std::make_unique<State>()) {
  CHECK(EVP_DigestInit_ex(state_->context.get(), algorithm(kind), nullptr) == 1);
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
  CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::vector<std::byte> Hasher::digest() const {
  const Context copy = new_context();
  CHECK(EVP_MD_CTX_copy_ex(copy.get(), state_->context.get()) == 1);
  std::vector<std::byte> out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(copy.get(), reinterpret_cast<unsigned char*>(out.data()), &size) == 1);
  out.resize(size);
  return out;
}

std::vector<std::byte> hash(HashKind kind, std::span<const std::byte> bytes) {
  Hasher hasher(kind);
  hasher.update(bytes);
  return hasher.digest();
}

}  // namespace stagecache
