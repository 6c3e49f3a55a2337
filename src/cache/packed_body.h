#pragma once
//
// The body of an artifact that lies packed: segments are rebuilt as they are needed, a
// range only those that it touches. Between two reads it holds the opened form, whose
// index takes about 200 bytes a segment, and no other memory: what a rebuild leaves behind
// is kept for all bodies together, and bounded (SegmentCache, pack::Workshop).
//
// Promise 1: every segment is checked against its checksum; of a whole body the SHA-256
// is computed as it is handed out besides, and its last 64 KiB wait until that is right.

#include <memory>

#include "cache_context.h"
#include "stagecache/cache/body.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

std::shared_ptr<Body> packed_body(CacheContext& context, store::PackedContent packed, Meta meta);

}  // namespace stagecache::cache
