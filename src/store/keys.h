#pragma once
//
// Keys of both column families (docs/format.md). Content: id (8 bytes) and chunk
// index (4 bytes), big-endian, so that a content's chunks lie together in order.
// Catalog: one letter and a slash, then what the record is about. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/model/artifact.h"

namespace stagecache::store {

struct ChunkKey {
  ContentId id = 0;
  std::uint32_t chunk = 0;
  bool operator==(const ChunkKey&) const = default;
};

std::string content_key(ChunkKey key);
/// nullopt for bytes that are no content key.
std::optional<ChunkKey> parse_content_key(std::string_view bytes);

/// Catalog prefixes. Never renamed.
inline constexpr std::string_view kMetaPrefix = "m/";
inline constexpr std::string_view kArtifactPrefix = "a/";
inline constexpr std::string_view kSourcePrefix = "s/";
inline constexpr std::string_view kFillPrefix = "f/";
inline constexpr std::string_view kUsagePrefix = "u/";
inline constexpr std::string_view kPinPrefix = "p/";
inline constexpr std::string_view kBlobPrefix = "b/";
inline constexpr std::string_view kLedgerPrefix = "l/";

inline constexpr std::string_view kFormatKey = "m/format";
inline constexpr std::string_view kNextIdKey = "m/next_content_id";

std::string catalog_key(std::string_view prefix, const Sha256& digest);
std::string catalog_key(std::string_view prefix, std::string_view name);
std::string catalog_key(std::string_view prefix, ContentId id);

/// The ledger's keys are in the order of writing: 8 bytes big-endian.
std::string ledger_key(std::uint64_t number);
/// Of what follows the prefix; nullopt when that is no number.
std::optional<std::uint64_t> parse_ledger_number(std::string_view bytes);

}  // namespace stagecache::store
