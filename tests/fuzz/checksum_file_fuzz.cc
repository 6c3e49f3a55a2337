// What must be true of the reading of any checksum file.

#include <algorithm>
#include <cstdint>

#include "stagecache/base/check.h"
#include "stagecache/manifest/checksum_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagecache;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  for (const manifest::ChecksumSuffix& suffix : manifest::checksum_suffixes()) {
    const auto sum = manifest::read_checksum_file(text, suffix, "spark-3.5.0-bin-hadoop3.tgz");
    if (!sum) continue;
    CHECK(std::ranges::find(suffix.kinds, sum->kind) != suffix.kinds.end());
    CHECK(sum->hex.size() == 2 * digest_size(sum->kind));
    CHECK(sum->hex.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(text.find('<') == std::string_view::npos || text.find("spark-3.5.0") != text.npos);
    // A digest is there as it is, in groups, or in upper case: its digits in this order.
    std::size_t at = 0;
    for (const char digit : sum->hex) {
      at = text.find_first_of(std::string{digit, static_cast<char>(std::toupper(digit))}, at);
      CHECK(at != std::string_view::npos);
      ++at;
    }
  }
  return 0;
}
