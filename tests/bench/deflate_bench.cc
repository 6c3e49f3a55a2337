// Measures how fast deflate streams become tokens and tokens streams, in processor
// time of one core, and compares every byte. MB are 10^6 bytes of the .tgz; a rebuild is what a
// client waits for.
//
//     deflate_bench FILE.tgz... [-n ROUNDS]      (the best of 3 rounds, unless told)

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "stagecache/base/check.h"
#include "stagecache/deflate/decoder.h"
#include "stagecache/deflate/encoder.h"

namespace stagecache::deflate {
namespace {

constexpr std::uint64_t kSegmentBits = 8 << 20;  // 1 MiB, as the packed form cuts streams.

std::vector<std::byte> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  CHECK(file);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  CHECK(file);
  return bytes;
}

/// Where the stream begins behind a gzip header (RFC 1952); only the name is understood.
std::size_t behind_gzip_header(std::span<const std::byte> file) {
  CHECK(file.size() > 18 && file[0] == std::byte{0x1f} && file[1] == std::byte{0x8b});
  const auto flags = static_cast<unsigned>(file[3]);
  CHECK((flags & ~8u) == 0);
  if (flags == 0) return 10;
  const auto name_end = std::find(file.begin() + 10, file.end(), std::byte{0});
  return static_cast<std::size_t>(name_end - file.begin()) + 1;
}

struct Seconds {
  double decode = 0, encode = 0;
};

/// Of this thread: others may use the machine, too.
double now() {
  timespec time{};
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
double since(double begin) {
  return now() - begin;
}

/// One round over the whole stream; a byte that comes back wrong ends the program.
Seconds round_over(std::span<const std::byte> stream) {
  Seconds seconds;
  Decoder decoder;
  Tokens tokens;
  std::vector<std::byte> rebuilt;
  rebuilt.reserve(4 << 20);
  PartialByte rest;
  Decoder::Reached reached;
  std::size_t begin = 0;  // The first byte that was not rebuilt yet.
  while (reached.stop == Decoder::Stop::Target) {
    tokens.clear();
    rebuilt.clear();
    double started = now();
    reached =
        decoder.decode(stream, {.from = reached.bit, .target = reached.bit + kSegmentBits}, tokens);
    seconds.decode += since(started);
    started = now();
    const auto next = encode(tokens, rest, 4 << 20, rebuilt);
    seconds.encode += since(started);
    CHECK(next);
    rest = *next;
    CHECK(std::equal(rebuilt.begin(), rebuilt.end(), stream.begin() + begin));
    begin += rebuilt.size();
    CHECK(begin * 8 + rest.bits == reached.bit);
  }
  CHECK(reached.stop == Decoder::Stop::EndOfStream);
  return seconds;
}

void measure(const std::string& path, int rounds) {
  const auto file = contents(path);
  const auto stream = std::span(file).subspan(behind_gzip_header(file));
  Seconds best{1e9, 1e9};
  for (int i = 0; i < rounds; ++i) {
    const Seconds seconds = round_over(stream);
    best.decode = std::min(best.decode, seconds.decode);
    best.encode = std::min(best.encode, seconds.encode);
  }
  const double megabytes = static_cast<double>(file.size()) / 1e6;
  std::printf("%-40s %7.1f MB   decode %6.0f MB/s   encode %6.0f MB/s\n",
              path.substr(path.rfind('/') + 1).c_str(), megabytes, megabytes / best.decode,
              megabytes / best.encode);
}

}  // namespace
}  // namespace stagecache::deflate

int main(int count, char** arguments) {
  std::vector<std::string> paths;
  int rounds = 3;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "-n") == 0 && i + 1 < count) rounds = std::atoi(arguments[++i]);
    else paths.emplace_back(arguments[i]);
  }
  if (paths.empty() || rounds < 1) {
    std::fprintf(stderr, "usage: deflate_bench FILE.tgz... [-n ROUNDS]\n");
    return 2;
  }
  for (const auto& path : paths) stagecache::deflate::measure(path, rounds);
  return 0;
}
