#include "stagecache/manifest/checksum_file.h"

#include <algorithm>
#include <array>
#include <vector>

#include "stagecache/model/url.h"

namespace stagecache::manifest {
namespace {

constexpr std::array kSha512{HashKind::Sha512};
constexpr std::array kSha256{HashKind::Sha256};
constexpr std::array kAnySha{HashKind::Sha512, HashKind::Sha256, HashKind::Sha1};
constexpr std::array kMd5{HashKind::Md5};

constexpr std::array kSuffixes{ChecksumSuffix{".sha512", kSha512},
                               ChecksumSuffix{".sha256", kSha256},
                               ChecksumSuffix{".sha256.txt", kSha256},
                               ChecksumSuffix{".sha", kAnySha}, ChecksumSuffix{".md5", kMd5}};

constexpr std::array<std::string_view, 8> kArchiveEndings{
    ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip", ".jar", ".war"};

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// A digest of one of the kinds that the file may hold, and the file that it is of.
struct Sum {
  PublishedSum sum;
  std::string_view name;  ///< "" when none is given.
};

std::optional<PublishedSum> digest_in(std::string_view text, std::span<const HashKind> kinds) {
  const bool is_hex = std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c); });
  if (!is_hex) return std::nullopt;
  for (const HashKind kind : kinds)
    if (text.size() == 2 * digest_size(kind)) return PublishedSum{kind, lower(text)};
  return std::nullopt;
}

/// "SHA512 (name) = hex", "SHA2-512(name)= hex". The digest's length says which it is.
std::optional<Sum> bsd_line(std::string_view line, std::span<const HashKind> kinds) {
  const std::size_t open = line.find('(');
  const std::size_t equals = line.rfind('=');
  if (open == std::string_view::npos || equals == std::string_view::npos || equals < open)
    return std::nullopt;
  const std::string algorithm = lower(trim(line.substr(0, open)));
  const std::string_view name = trim(line.substr(open + 1, equals - open - 1));
  const auto sum = digest_in(trim(line.substr(equals + 1)), kinds);
  if (!sum || !name.ends_with(')')) return std::nullopt;
  if (!algorithm.starts_with("sha") && !algorithm.starts_with("md5")) return std::nullopt;
  return Sum{*sum, name.substr(0, name.size() - 1)};
}

/// "<hex>  <name>", "<hex> *<name>", "<hex>".
std::optional<Sum> coreutils_line(std::string_view line, std::span<const HashKind> kinds) {
  if (line.starts_with('\\')) line.remove_prefix(1);  // The name has escapes.
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const auto sum = digest_in(line.substr(0, end), kinds);
  if (!sum) return std::nullopt;
  std::string_view name = trim(line.substr(end));
  if (name.starts_with('*')) name.remove_prefix(1);
  return Sum{*sum, name};
}

/// One line a file, comments between; nullopt when a line is anything else.
std::optional<std::vector<Sum>> sums_by_line(std::string_view text,
                                             std::span<const HashKind> kinds) {
  std::vector<Sum> sums;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    auto sum = coreutils_line(line, kinds);
    if (!sum) sum = bsd_line(line, kinds);
    if (!sum) return std::nullopt;
    sums.push_back(*sum);
  }
  return sums;
}

/// "name: HEX HEX\n HEX", as gpg prints it; the name may stand alone on its line.
std::optional<Sum> gpg_sum(std::string_view text, std::span<const HashKind> kinds) {
  const std::size_t colon = text.find(':');
  std::string_view groups = text;
  std::string_view name;
  if (colon != std::string_view::npos) {
    name = trim(text.substr(0, colon));
    groups = text.substr(colon + 1);
    if (name.find('\n') != std::string_view::npos) return std::nullopt;
  }
  std::string hex(groups);
  std::erase_if(hex, [](char c) { return kBlanks.contains(c); });
  const auto sum = digest_in(hex, kinds);
  return sum ? std::optional(Sum{*sum, name}) : std::nullopt;
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// A sum without a name is of the file that it lies beside.
bool is_about(const Sum& sum, std::string_view base_name) {
  if (sum.name.empty() || sum.name == "-") return true;
  const std::string_view name = last_part(sum.name);
  return name == base_name || name == percent_decoded(base_name);
}

}  // namespace

std::span<const ChecksumSuffix> checksum_suffixes() {
  return kSuffixes;
}

bool has_archive_name(std::string_view base_name) {
  const std::string name = lower(base_name);
  return std::ranges::any_of(kArchiveEndings, [&](std::string_view ending) {
    return name.size() > ending.size() && name.ends_with(ending);
  });
}

std::optional<PublishedSum> read_checksum_file(std::string_view text, const ChecksumSuffix& suffix,
                                               std::string_view base_name) {
  if (text.size() > kMaxChecksumFileBytes) return std::nullopt;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  auto sums = sums_by_line(text, suffix.kinds);
  if (!sums) {
    const auto sum = gpg_sum(text, suffix.kinds);
    if (!sum) return std::nullopt;
    sums = {*sum};
  }
  std::optional<PublishedSum> found;
  for (const Sum& sum : *sums) {
    // Digests without a name among others: whose is whose?
    if (!is_about(sum, base_name) || (sum.name.empty() && sums->size() > 1)) continue;
    if (found && *found != sum.sum) return std::nullopt;
    found = sum.sum;
  }
  return found;
}

std::string_view name_of(HashKind kind) {
  switch (kind) {
    case HashKind::Md5: return "md5";
    case HashKind::Sha1: return "sha1";
    case HashKind::Sha256: return "sha256";
    case HashKind::Sha512: return "sha512";
  }
  return "";
}

}  // namespace stagecache::manifest
