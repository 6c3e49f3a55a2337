// Any bytes, cut anywhere: the decoder ends, and stays within its input.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stagecache/deflate/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using stagecache::deflate::Decoder;
  if (size < 2) return 0;
  const std::uint64_t from = data[0] % 8, step = 1 + std::uint64_t{data[1]} * data[1];
  // On the heap of its own size, so that the sanitizer sees a read behind it.
  const std::vector<std::byte> input(reinterpret_cast<const std::byte*>(data) + 2,
                                     reinterpret_cast<const std::byte*>(data) + size);
  if (input.empty()) return 0;
  Decoder decoder;
  Decoder::Reached reached{.bit = from};
  std::uint64_t tokens = 0;
  do {
    stagecache::deflate::Tokens out;
    const std::uint64_t before = reached.bit;
    reached = decoder.decode(input, {.from = before, .target = before + step}, out);
    for (const auto& block : out.blocks) tokens += block.tokens;
    if (reached.bit > input.size() * 8) std::abort();
    if (reached.stop == Decoder::Stop::Target && reached.bit < before + step) std::abort();
  } while (reached.stop == Decoder::Stop::Target);
  if (tokens > input.size() * 8) std::abort();  // A token has a bit at least.
  return 0;
}
