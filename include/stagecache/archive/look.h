#pragma once
//
// The archive look: reads a tarball once, streaming, and says what is inside and
// whether the buildpack will find what it needs. Nothing is extracted. libarchive
// does the reading and is fenced in here.
//
// Bounds: those of Limits; what goes beyond is a finding of severity Error and
// ends the look. So is what is cut off or damaged in the middle. A thing that is
// no archive is not an error: ArchiveSummary::Kind::NotAnArchive.
//
// What it does not see: a wrong gzip CRC, which libarchive does not check, and
// whatever shows only behind the tar's end (xz's checksum, a cut-off trailer).
// A digest sees all of that.
// Thread safety: any number of looks at once.

#include <cstddef>
#include <functional>
#include <span>

#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"

namespace stagecache::archive {

inline constexpr std::uint64_t kMaxEntries = 2'000'000;
inline constexpr std::uint64_t kMaxExtractedBytes = 64ull << 30;

/// When a look ends. The defaults are for use, others for tests.
struct Limits {
  std::uint64_t max_entries = kMaxEntries;
  std::uint64_t max_extracted_bytes = kMaxExtractedBytes;  ///< The whole tar stream, headers too.
  std::uint64_t max_ratio = 1'000;      ///< Of the tar stream to the bytes of the source...
  std::uint64_t ratio_from = 1u << 30;  ///< ...once the tar stream has that many bytes.
};

/// Gives the next bytes of the tarball, an empty span at its end. What it
/// returned last stays valid until the next call.
using ByteSource = std::function<Result<std::span<const std::byte>>()>;

/// Fails only with the source's own error. Names in the summary are fit to be
/// shown: at most 512 bytes of printable ASCII, '?' for all else.
Result<ArchiveSummary> look(const ByteSource& next, const Limits& limits = {});

}  // namespace stagecache::archive
