#pragma once
// What a fill's end tells the memory of failures and the ledger.

#include <chrono>
#include <optional>

#include "cache_context.h"
#include "fill.h"
#include "stagecache/base/result.h"

namespace stagecache::cache {

/// Both in full, and the line still fits (http/error_line.h).
Error wrong_digest(const Url& url, const Sha256& got, const Sha256& declared);

/// To be called before anybody can see that the fill has failed: who asks then is
/// answered from memory. Passes over what was a requester's own, what stopping or
/// going offline ended, and so is no fault of the source.
void note_failure(CacheContext& context, const FillOrder& order, const Error& error,
                  std::optional<std::chrono::seconds> retry_after);
void note_success(CacheContext& context, const FillOrder& order);

/// The failure that an order is answered with instead of a fill of its own. What warm
/// jobs and resumes order is always tried.
std::optional<Error> remembered_failure(const CacheContext& context, const FillOrder& order);

}  // namespace stagecache::cache
