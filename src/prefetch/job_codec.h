#pragma once
//
// A job as it is kept in the store, so that a restart goes on with it: a first
// line "stagecache-job 1", then a line an item of tab-separated fields: state,
// pin, sha256 or "-", url. Blanks and controls cannot be in a URL that can be
// fetched; others are percent-escaped. What was found on the way (sizes, errors,
// findings) is not kept: it is found again. Pure.

#include <string>
#include <string_view>

#include "stagecache/base/result.h"
#include "stagecache/prefetch/warm_jobs.h"

namespace stagecache::prefetch {

std::string encode(const JobStatus& job);

/// Fails with Corrupt. Items that were under way are Queued again.
Result<JobStatus> decode_job(std::string_view id, std::string_view text);

}  // namespace stagecache::prefetch
