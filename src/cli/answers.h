#pragma once
//
// The daemon's JSON as values. It is read as what a peer sent: a missing or
// strange member is an Error or an empty value, never a crash; members that are
// not known are ignored. Boost.JSON is fenced into the .cc files. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/model/finding.h"

namespace stagecache::cli {

struct Item {
  enum class State { Queued, Filling, Verifying, Ready, Failed };
  std::string url;
  State state = State::Queued;
  std::string sha256;                 ///< "" while unknown.
  std::optional<std::uint64_t> size;  ///< Unknown until the upstream says.
  std::uint64_t received = 0;
  std::string error;
  std::string strength;  ///< "published sha512", ...; "" while unknown.
  Findings findings;
};
std::string_view to_string(Item::State state);

struct Job {
  enum class State { Running, Ready, Failed };
  std::string id;
  State state = State::Running;
  std::vector<Item> items;
};

struct ArtifactRow {
  std::string sha256;
  std::string name;  ///< "" when neither a name nor a source is known.
  std::uint64_t size = 0;
  std::uint64_t stored_bytes = 0;
  std::vector<std::string> forms;
  bool pinned = false;
  std::string last_used;  ///< RFC 3339, or "".
  std::string strength;   ///< By whose word; the strongest of its sources; "" for none.
};

struct Stats {
  std::uint64_t quota_bytes = 0, used_bytes = 0, reserved_bytes = 0, logical_bytes = 0;
  std::uint64_t artifacts = 0, pinned = 0;
  std::uint64_t hits = 0, misses = 0, follows = 0;
  std::uint64_t fills = 0, fill_failures = 0, evictions = 0;
  std::uint64_t upstream_bytes = 0, served_bytes = 0;
  bool offline = false;
  struct Budget {
    std::string host;
    std::uint64_t weekly_bytes = 0, used_bytes = 0;
  };
  std::vector<Budget> budgets;  ///< Hosts that have one.
};

/// Fail with Internal for what is no such answer: no fault of the arguments.
Result<std::string> read_job_id(std::string_view json);  ///< Only letters, digits, '-' and '_'.
Result<Job> read_job(std::string_view json);
Result<std::vector<ArtifactRow>> read_artifacts(std::string_view json);
Result<Stats> read_stats(std::string_view json);

/// The message of {"error":{"code","message"}}; nullopt for anything else.
std::optional<std::string> read_error_message(std::string_view json);

/// Any JSON as indented "key: value" lines for a person.
Result<std::string> outline(std::string_view json);

}  // namespace stagecache::cli
