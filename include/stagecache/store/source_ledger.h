#pragma once
//
// The ledger: which source gave which SHA-256 when and by whose word, what failed,
// and what changed behind an unchanged URL. A record to look back on; nothing is
// decided by it. Plain values.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/model/artifact.h"

namespace stagecache::store {

/// Numbers are part of the format (docs/format.md).
enum class LedgerEvent {
  Stored,   ///< The source gave these bytes, and they were right. Written by the store itself.
  Failed,   ///< Nobody got a complete body; `detail` is the line that clients were given.
  Changed,  ///< Other bytes than before stand behind an unchanged URL.
};
std::string_view to_string(LedgerEvent event);  ///< "stored", "failed", "changed"

struct LedgerEntry {
  WallTime time{};
  LedgerEvent event = LedgerEvent::Stored;
  std::string source_key;
  std::string url;
  std::optional<Sha256> sha256;            ///< Of the bytes that came; none where nothing did.
  std::optional<DigestStrength> strength;  ///< By whose word; set where `sha256` was checked.
  std::string detail;                      ///< One line.

  bool operator==(const LedgerEntry&) const = default;
};

struct LedgerFilter {
  std::optional<std::string> source_key;  ///< Only of this source.
  std::size_t limit = 100;                ///< The newest so many.
};

/// Oldest first.
using LedgerEntries = std::vector<LedgerEntry>;

}  // namespace stagecache::store
