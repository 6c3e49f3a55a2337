#pragma once
//
// A sketch of an artifact: how much has it in common with another one? Computed from what its
// deflate streams spell out (the literals), so that a few changed bytes in front do not hide
// what follows, as they do in the compressed bytes.
//
// The 256 smallest of the hashes of its anchors (Broder, "On the resemblance and containment of
// documents", 1997): two releases of one program keep most of them, strangers none.
// Pure values; thread-safe as such.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/pack/bytes.h"

namespace stagecache::pack {

inline constexpr std::size_t kSketchAnchors = 256;

struct Sketch {
  /// INVARIANT: ascending, none twice, at most kSketchAnchors. Empty where the artifact spells out
  /// less than a few hundred bytes: it is like nothing.
  std::vector<std::uint64_t> anchors;

  bool operator==(const Sketch&) const = default;
};

/// Reads the whole artifact, at the decoder's speed; calls `checkpoint` at least once a MiB of it.
/// Fails with BadInput when it is not gzip (it stays raw), and with what `checkpoint` or
/// Bytes::read fail with. Memory: under 40 MiB.
Result<Sketch> sketch_of(const Bytes& artifact, const Checkpoint& checkpoint);

/// An estimate of the share of their anchors that both have: 0 (nothing in common) to 1 (the same
/// literals), with an error of about 0.03. Symmetric.
double alike(const Sketch& a, const Sketch& b);

/// At most 2,049 bytes; docs/format.md.
std::string to_bytes(const Sketch& sketch);
/// Fails with Corrupt, and with TooNew for the bytes of a newer version.
Result<Sketch> sketch_from(std::string_view bytes);

}  // namespace stagecache::pack
