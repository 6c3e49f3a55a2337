#pragma once
//
// A buildpack's manifest.yml as far as downloads go: `dependencies`, each with
// name, version, uri, sha256, cf_stacks (libbuildpack, and the buildpacks that it
// is made for). Everything else in the file is passed over. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/model/finding.h"
#include "stagecache/model/sha256.h"

namespace stagecache::manifest {

/// Larger files are no manifest; the largest real ones have 100 KiB.
inline constexpr std::size_t kMaxBuildpackManifestBytes = 1 << 20;
/// What a warm job takes; the largest real ones have 120.
inline constexpr std::size_t kMaxDependencies = 1000;

struct Dependency {
  std::string name, version;
  std::string uri;               ///< As written.
  std::optional<Sha256> sha256;  ///< Empty when none is named.
  std::uint32_t line = 0;        ///< Of the entry, from 1.
  std::string error;             ///< Why it cannot be downloaded; "" when it can.
  Findings findings;

  bool operator==(const Dependency&) const = default;
};

/// In the order of the file; one that is named for several stacks comes once.
using Dependencies = std::vector<Dependency>;

/// Fails with BadInput ("line 3, column 7: ...") when the text names `dependencies` and
/// is no YAML or has too many, NotFound when it has none: another kind of manifest.yml.
/// A bad entry has its error and does not concern the others.
Result<Dependencies> read_buildpack_manifest(std::string_view text);

}  // namespace stagecache::manifest
