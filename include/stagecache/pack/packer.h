#pragma once
//
// Makes the packed form of an artifact: alone (a keyframe), or as a difference to a keyframe.
//
// It does not verify: the caller rebuilds all of it and compares the SHA-256 before it commits.
// One thread. Memory: at most 256 MiB, whatever the artifact.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "stagecache/base/result.h"
#include "stagecache/model/sha256.h"
#include "stagecache/pack/bytes.h"
#include "stagecache/pack/reader.h"

namespace stagecache::pack {

struct PackOrder {
  Sha256 artifact;                     ///< Goes into the header.
  std::shared_ptr<const Reader> base;  ///< Of a keyframe; null: make a keyframe.
  Checkpoint checkpoint;
};

/// Takes what is written, front to back; an error ends the work with it.
using Sink = std::function<Status(std::span<const std::byte>)>;

struct Packed {
  std::uint64_t bytes = 0;
  std::uint64_t segments = 0;
};

/// Fails with BadInput (not gzip), and what the sink, the checkpoint or a Bytes::read fail with.
Result<Packed> pack(const Bytes& artifact, const PackOrder& order, const Sink& sink);

}  // namespace stagecache::pack
