#pragma once
//
// The archive look: reads a tarball once, streaming, and says what is inside and
// whether the buildpack will find what it needs. Nothing is extracted. libarchive
// does the reading and is fenced in here.
//
// Bounds: kMaxEntries entries and kMaxExtractedBytes bytes; what goes beyond is a
// finding of severity Error and ends the look. A thing that is no archive is not
// an error: ArchiveSummary::Kind::NotAnArchive.

#include <cstddef>
#include <functional>
#include <span>

#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"

namespace stagecache::archive {

inline constexpr std::uint64_t kMaxEntries = 2'000'000;
inline constexpr std::uint64_t kMaxExtractedBytes = 64ull << 30;

/// Gives the next bytes of the tarball, an empty span at its end. What it
/// returned last stays valid until the next call.
using ByteSource = std::function<Result<std::span<const std::byte>>()>;

/// Fails only with the source's own error.
Result<ArchiveSummary> look(const ByteSource& next);

}  // namespace stagecache::archive
