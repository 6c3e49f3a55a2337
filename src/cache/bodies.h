#pragma once
// The two bodies: of a stored artifact, and of a fill that runs.

#include <memory>

#include "cache_context.h"
#include "fill.h"
#include "stagecache/cache/body.h"
#include "stagecache/store/content.h"

namespace stagecache::cache {

std::shared_ptr<Body> stored_body(CacheContext& context, store::Content content, Meta meta);

/// `expected`: the digest that this follower demands, whoever else follows.
std::shared_ptr<Body> follower_body(CacheContext& context, std::shared_ptr<Fill> fill,
                                    std::optional<Sha256> expected, Meta meta);

/// A body on a running fill keeps this much of its end to itself until the digest
/// is right: more than gzip's trailer and last block, so that not even `curl | tar`
/// gets a complete stream of wrong bytes.
inline constexpr std::uint64_t kHeldBackBytes = 64 << 10;

}  // namespace stagecache::cache
