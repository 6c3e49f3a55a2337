#pragma once
// What /v1/why and /v1/ledger say, as values and as lines for a person. Read as what a
// peer sent: a missing member is an empty value, never a crash. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::cli {

struct LedgerRow {
  std::string time, event, url;
  std::string sha256, strength, detail;  ///< "" for none.
};

struct WhyAnswer {
  std::string url;     ///< "" for a digest alone.
  std::string source;  ///< The source's key.
  bool asks_this_cache = false;
  std::string declared;  ///< "" when no digest is.
  std::string denied;    ///< Why it may not be fetched; "" when it may.
  std::string state;     ///< "stored", "filling", "unfinished", "not stored"
  std::string sha256, strength, validated_at;
  std::optional<std::uint64_t> size;
  bool pinned = false, fresh = false;
  std::optional<std::uint64_t> filled_bytes, filling_size;  ///< While it is being filled.
  std::string failure, failed_at;
  std::uint64_t failures = 0, next_try_s = 0;
  bool offline = false;  ///< The cache is, now.
  bool served_offline = false;
  std::vector<LedgerRow> ledger;
  std::vector<std::string> advice;
};

/// Fail with Internal for what is no such answer.
Result<WhyAnswer> read_why(std::string_view json);
Result<std::vector<LedgerRow>> read_ledger(std::string_view json);
/// Each entry of the answer as one line of JSON.
Result<std::string> ledger_json_lines(std::string_view json);

std::string why_text(const WhyAnswer& answer);
std::string ledger_text(const std::vector<LedgerRow>& rows);

}  // namespace stagecache::cli
