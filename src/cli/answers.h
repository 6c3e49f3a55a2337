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

/// Fail with Internal for what is no such answer: no fault of the arguments.
Result<std::string> read_job_id(std::string_view json);  ///< Only letters, digits, '-' and '_'.
Result<Job> read_job(std::string_view json);

/// The message of {"error":{"code","message"}}; nullopt for anything else.
std::optional<std::string> read_error_message(std::string_view json);

/// Any JSON as indented "key: value" lines for a person.
Result<std::string> outline(std::string_view json);

}  // namespace stagecache::cli
