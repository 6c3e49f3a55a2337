#pragma once
// What must survive a crash so that a download can go on. A plain value.
// Credentials are never part of it.

#include <cstdint>
#include <optional>
#include <string>

#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"

namespace stagecache::store {

struct FillRecord {
  ContentId id = 0;  ///< Given by begin_fill.
  std::string source_key;
  std::string url;                 ///< As first asked for.
  std::optional<Sha256> declared;  ///< The digest that the requester demands.
  bool warmed = false;
  bool pin = false;  ///< Pin the artifact when it is complete.
  Headers headers;   ///< End-to-end request fields to send again.
  Validators validators;
  std::string content_type;
  std::optional<std::int64_t> lifetime_s;
  std::int64_t initial_age_s = 0;
  bool stale_forbidden = false;
  Headers vary;                       ///< As Source::vary.
  std::string cache_control;          ///< As Source::cache_control.
  std::optional<std::uint64_t> size;  ///< Of the whole, where the upstream said.

  bool operator==(const FillRecord&) const = default;
};

}  // namespace stagecache::store
