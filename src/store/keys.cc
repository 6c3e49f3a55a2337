#include "keys.h"

#include <fmt/format.h>

namespace stagecache::store {
namespace {

constexpr std::size_t kIdBytes = 8, kIndexBytes = 4, kNumberBytes = 8;

void append_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string content_key(ChunkKey key) {
  std::string out;
  out.reserve(kIdBytes + kIndexBytes);
  append_big_endian(out, key.id, kIdBytes);
  append_big_endian(out, key.chunk, kIndexBytes);
  return out;
}

std::optional<ChunkKey> parse_content_key(std::string_view bytes) {
  if (bytes.size() != kIdBytes + kIndexBytes) return std::nullopt;
  return ChunkKey{read_big_endian(bytes.substr(0, kIdBytes)),
                  static_cast<std::uint32_t>(read_big_endian(bytes.substr(kIdBytes)))};
}

std::string catalog_key(std::string_view prefix, const Sha256& digest) {
  return std::string(prefix) + digest.hex();
}
std::string catalog_key(std::string_view prefix, std::string_view name) {
  return std::string(prefix) + std::string(name);
}
std::string catalog_key(std::string_view prefix, ContentId id) {
  return std::string(prefix) + fmt::format("{:016x}", id);
}

std::string ledger_key(std::uint64_t number) {
  std::string out(kLedgerPrefix);
  append_big_endian(out, number, kNumberBytes);
  return out;
}

std::optional<std::uint64_t> parse_ledger_number(std::string_view bytes) {
  if (bytes.size() != kNumberBytes) return std::nullopt;
  return read_big_endian(bytes);
}

}  // namespace stagecache::store
