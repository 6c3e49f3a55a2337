#include "releases.h"

#include <fmt/format.h>
#include <zlib.h>

#include <random>
#include <stdexcept>

namespace stagecache::cache::test {
namespace {

constexpr std::size_t kFiles = 16;
constexpr std::size_t kFileBytes = 80 << 10;
constexpr std::size_t kBlock = 512;

/// Text that gzip makes a quarter smaller: what remains are literals, as in jars.
std::string text(unsigned seed) {
  static const std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::mt19937 random(seed);
  std::string bytes(kFileBytes, '\0');
  for (char& byte : bytes) byte = kLetters[random() % kLetters.size()];
  return bytes;
}

/// A ustar header (POSIX.1-1988).
std::string header(const std::string& path, std::size_t size) {
  std::string block(kBlock, '\0');
  const auto put = [&block](std::size_t at, const std::string& field) {
    block.replace(at, field.size(), field);
  };
  put(0, path);
  put(100, "0000644");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  put(148, fmt::format("{:06o}", sum) + '\0');
  return block;
}

}  // namespace

std::string gzipped(const std::string& tar) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string out(deflateBound(&stream, tar.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(tar.data()));
  stream.avail_in = static_cast<uInt>(tar.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

std::string release(unsigned version, unsigned program) {
  std::string tar;
  for (std::size_t file = 0; file < kFiles; ++file) {
    const bool is_new = file == version % kFiles;
    const auto seed =
        static_cast<unsigned>(program * 1000 + file + (is_new ? version * 100'000 : 0));
    tar += header(fmt::format("program-{}/file-{}.jar", program, file), kFileBytes);
    tar += text(seed);
  }
  tar += std::string(2 * kBlock, '\0');
  return gzipped(tar);
}

}  // namespace stagecache::cache::test
