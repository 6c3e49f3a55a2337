#pragma once
//
// Checksum files as publishers lay them beside an archive: `x.tgz.sha512` and the
// like. Which names to look for, and what such a file says of one archive. Pure.
//
// Formats: `sha512sum` ("<hex>  <name>", "<hex> *<name>"), a digest alone, BSD and
// openssl ("SHA512 (name) = hex"), `gpg --print-md` (name, colon, groups of hex over
// several lines). Of several lines the one that names our file counts. Everything
// else is refused: a digest is taken from nothing that is not wholly understood.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stagecache/base/hasher.h"

namespace stagecache::manifest {

/// Larger ones are none; a release with a hundred archives has 15 KiB.
inline constexpr std::size_t kMaxChecksumFileBytes = 64 << 10;

/// What may lie beside an archive, the strongest first.
struct ChecksumSuffix {
  std::string_view text;            ///< ".sha512"
  std::span<const HashKind> kinds;  ///< What a file of that name may hold; told by the length.
};
std::span<const ChecksumSuffix> checksum_suffixes();

/// Whether publishers lay checksum files beside files of this name: it ends like an
/// archive's. In any case of letters.
bool has_archive_name(std::string_view base_name);

struct PublishedSum {
  HashKind kind;
  std::string hex;  ///< Lower case.
  bool operator==(const PublishedSum&) const = default;
};

/// What `text` says of the archive `base_name` (as in its URL); nullopt when that is
/// nothing, or not to be trusted.
std::optional<PublishedSum> read_checksum_file(std::string_view text, const ChecksumSuffix& suffix,
                                               std::string_view base_name);

/// "sha512"
std::string_view name_of(HashKind kind);

}  // namespace stagecache::manifest
