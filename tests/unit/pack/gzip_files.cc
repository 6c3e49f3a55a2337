#include "tests/unit/pack/gzip_files.h"

#include <zlib.h>

#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include "stagecache/base/check.h"

namespace stagecache::pack::test {
namespace {

constexpr std::size_t kFlushEvery = 5'000;

std::string little_endian(std::uint64_t number, unsigned bytes) {
  std::string text;
  for (unsigned index = 0; index < bytes; ++index)
    text += static_cast<char>(number >> 8 * index & 0xff);
  return text;
}

struct Settings {
  int level;
  int strategy;
};

Settings settings_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::Stored: return {0, Z_DEFAULT_STRATEGY};
    case Encoding::Fast: return {1, Z_DEFAULT_STRATEGY};
    case Encoding::Best: return {9, Z_DEFAULT_STRATEGY};
    case Encoding::Huffman: return {6, Z_HUFFMAN_ONLY};
    case Encoding::FixedCodes: return {6, Z_FIXED};
    case Encoding::Usual:
    case Encoding::SyncFlushed: break;
  }
  return {6, Z_DEFAULT_STRATEGY};
}

void feed(z_stream& stream, std::string_view data, int flush, std::string& out) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  do {
    char buffer[65536];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    deflate(&stream, flush);
    out.append(buffer, sizeof(buffer) - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace

std::string words(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::vector<std::string> known(900);
  for (std::string& word : known)
    for (auto left = 2 + dice() % 9; left > 0; --left)
      word += static_cast<char>('a' + static_cast<char>(dice() % 26));
  std::string text;
  while (text.size() < size) {
    text += known[dice() % known.size()];
    text += dice() % 9 == 0 ? ";\n" : " ";
  }
  text.resize(size);
  return text;
}

std::string noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(dice() & 0xff); });
  return bytes;
}

std::string deflated(std::string_view data, Encoding encoding) {
  const Settings settings = settings_of(encoding);
  z_stream stream{};
  CHECK(deflateInit2(&stream, settings.level, Z_DEFLATED, -15, 8, settings.strategy) == Z_OK);
  std::string out;
  while (encoding == Encoding::SyncFlushed && data.size() > kFlushEvery) {
    feed(stream, data.substr(0, kFlushEvery), Z_SYNC_FLUSH, out);
    data.remove_prefix(kFlushEvery);
  }
  feed(stream, data, Z_FINISH, out);
  deflateEnd(&stream);
  return out;
}

std::string gzip_header(const GzipFields& fields) {
  const unsigned flags = (fields.header_crc ? 2u : 0u) | (fields.extra ? 4u : 0u) |
                         (fields.name ? 8u : 0u) | (fields.comment ? 16u : 0u) | fields.more_flags;
  std::string header = "\x1f\x8b\x08" + little_endian(flags, 1) + little_endian(1'700'000'000, 4);
  header += little_endian(0, 1) + "\x03";
  if (fields.extra) header += little_endian(fields.extra->size(), 2) + *fields.extra;
  if (fields.name) header += *fields.name + '\0';
  if (fields.comment) header += *fields.comment + '\0';
  if (fields.header_crc)
    header += little_endian(
        crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size())) &
            0xffff,
        2);
  return header;
}

std::string gzip_trailer(std::string_view data) {
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
  return little_endian(crc, 4) + little_endian(data.size(), 4);
}

std::string gzip_member(std::string_view data, Encoding encoding, const GzipFields& fields) {
  return gzip_header(fields) + deflated(data, encoding) + gzip_trailer(data);
}

}  // namespace stagecache::pack::test
