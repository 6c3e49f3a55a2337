#pragma once
// What /v1/scrub says, as values and as lines for a person. Read as what a peer sent: a missing
// member is an empty value, never a crash. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::cli {

struct DamagedForm {
  std::string sha256, name, form, text;
  std::string state;  ///< "kept", "fetching", "fetched" or "lost".
  std::string error;  ///< Why it is lost; "" for none.
};

struct ScrubAnswer {
  bool running = false;
  std::string started_at;  ///< Tells one scrub from another; "" for none.
  std::uint64_t forms = 0, forms_read = 0, bytes = 0, bytes_read = 0, unread = 0;
  std::string reading;  ///< "" for nothing.
  std::uint64_t damaged = 0;
  std::string broken_off;  ///< Why it ended early; "" where it did not.
  std::vector<DamagedForm> findings;
};

/// Fails with Internal for what is no such answer.
Result<ScrubAnswer> read_scrub(std::string_view json);

/// "scrub: 47.1 MiB of 94.2 MiB (50 %), reading spark.tgz, 1 damaged"
std::string scrub_progress(const ScrubAnswer& scrub);
/// "damaged spark.tgz sha256 0834... (raw): why; fetched again"
std::string damage_line(const DamagedForm& damaged);
/// "11 forms read, 2.6 GiB: all as they were stored"
std::string scrub_outcome(const ScrubAnswer& scrub);
/// Everything was read, and all of it is as it was stored.
bool is_well(const ScrubAnswer& scrub);

}  // namespace stagecache::cli
