#pragma once
// What /v1/artifacts and /v1/stats say, as values. Read as what a peer sent: a missing
// member is an empty value, never a crash. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::cli {

struct ArtifactRow {
  std::string sha256;
  std::string name;  ///< "" when neither a name nor a source is known.
  std::uint64_t size = 0;
  std::uint64_t stored_bytes = 0;
  std::vector<std::string> forms;
  std::string base;  ///< The name, or the digest, of what it is a difference to; "" for nothing.
  std::size_t dependants = 0;
  bool pinned = false;
  std::string last_used;  ///< RFC 3339, or "".
  std::string strength;   ///< By whose word; the strongest of its sources; "" for none.
};

struct Stats {
  std::uint64_t quota_bytes = 0, used_bytes = 0, reserved_bytes = 0, logical_bytes = 0;
  std::uint64_t raw_bytes = 0, packed_bytes = 0, shared_bytes = 0;
  std::uint64_t artifacts = 0, packed_artifacts = 0, pinned = 0, pinned_bytes = 0;
  std::uint64_t hits = 0, misses = 0, follows = 0, packed_hits = 0;
  std::uint64_t fills = 0, fill_failures = 0, evictions = 0;
  std::uint64_t upstream_bytes = 0, served_bytes = 0;
  std::uint64_t packs = 0, pack_failures = 0, promotions = 0;
  std::string packing;  ///< What the packer does now, in words; "" for nothing.
  bool offline = false;
  struct Budget {
    std::string host;
    std::uint64_t weekly_bytes = 0, used_bytes = 0;
  };
  std::vector<Budget> budgets;  ///< Hosts that have one.
};

/// Fail with Internal for what is no such answer: no fault of the arguments.
Result<std::vector<ArtifactRow>> read_artifacts(std::string_view json);
Result<Stats> read_stats(std::string_view json);

/// One artifact's JSON as lines for a person: sizes can be read, the base and the dependants
/// are named.
Result<std::string> artifact_outline(std::string_view json);

}  // namespace stagecache::cli
