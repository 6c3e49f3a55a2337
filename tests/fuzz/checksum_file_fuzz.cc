// What must be true of the reading of any checksum file.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

#include "stagecache/base/check.h"
#include "stagecache/manifest/checksum_file.h"

namespace {

/// The shortest digest in hex.
constexpr std::size_t kLeastDigits = 2 * 16;

bool has_digest(std::string_view line) {
  std::size_t digits = 0;
  return std::ranges::any_of(line, [&](unsigned char c) {
    digits = std::isxdigit(c) ? digits + 1 : 0;
    return digits >= kLeastDigits;
  });
}

/// A line of a page. Comments are anybody's words, and so is the name behind a digest.
bool has_markup(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f", kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    const std::size_t first = line.find_first_not_of(kBlanks);
    const bool is_comment = first != std::string_view::npos && line[first] == '#';
    if (!is_comment && line.contains('<') && !has_digest(line)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagecache;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  for (const manifest::ChecksumSuffix& suffix : manifest::checksum_suffixes()) {
    const auto sum = manifest::read_checksum_file(text, suffix, "spark-3.5.0-bin-hadoop3.tgz");
    if (!sum) continue;
    CHECK(std::ranges::find(suffix.kinds, sum->kind) != suffix.kinds.end());
    CHECK(sum->hex.size() == 2 * digest_size(sum->kind));
    CHECK(sum->hex.find_first_not_of("0123456789abcdef") == std::string::npos);
    // From a page nothing is taken, unless a line of it names the file.
    CHECK(!has_markup(text) || text.contains("spark-3.5.0"));
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
