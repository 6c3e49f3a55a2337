#pragma once
//
// The catalog's records as bytes (docs/format.md): a version byte, then fields of
// one tag byte, a 32-bit little-endian length and that many bytes. Numbers are 64
// bits little-endian. A reader skips tags it does not know; tags are never
// renumbered or used again. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"
#include "stagecache/store/fill_record.h"
#include "stagecache/store/source_ledger.h"

namespace stagecache::store {

/// When and how often an artifact was used. Written in batches.
struct Usage {
  WallTime last_used{};
  std::uint64_t hits = 0;
  bool operator==(const Usage&) const = default;
};

std::string encode(const Artifact& artifact);
std::string encode(const Source& source);
std::string encode(const FillRecord& fill);
std::string encode(const Usage& usage);
std::string encode(const LedgerEntry& entry);

/// Fail with Corrupt for truncated or malformed bytes, TooNew for a version that
/// this program does not know.
Result<Artifact> decode_artifact(std::string_view bytes);
Result<Source> decode_source(std::string_view bytes);
Result<FillRecord> decode_fill(std::string_view bytes);
Result<Usage> decode_usage(std::string_view bytes);
Result<LedgerEntry> decode_ledger(std::string_view bytes);

}  // namespace stagecache::store
