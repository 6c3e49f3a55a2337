#pragma once
//
// What the catalog knows: artifacts (immutable bytes named by their SHA-256),
// the sources that yielded them, and what was found inside. Plain values.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/base/clock.h"
#include "stagecache/model/finding.h"
#include "stagecache/model/header.h"
#include "stagecache/model/sha256.h"

namespace stagecache {

/// Names one stored form of an artifact. Never used twice; 0 is none.
using ContentId = std::uint64_t;

/// By whose word a digest belongs to a source, weakest first.
enum class DigestStrength { FirstSeen, Published, Declared };
std::string_view to_string(DigestStrength strength);  ///< "first seen", ...

/// What the archive look found (module `archive`); all zero for no archive.
struct ArchiveSummary {
  enum class Kind { Unknown, NotAnArchive, Tar };
  Kind kind = Kind::Unknown;  ///< Unknown: nobody has looked yet.
  std::string top_folder;     ///< The one folder that holds everything; "" when there is none.
  std::uint64_t entries = 0;
  std::uint64_t extracted_bytes = 0;  ///< Sum of the files' sizes.
  std::string java_path;              ///< Path of bin/java in the archive; "" when there is none.
  std::string spark_submit_path;      ///< Path of bin/spark-submit; "" when there is none.
  Findings findings;

  bool operator==(const ArchiveSummary&) const = default;
};

/// How an artifact lies packed (module `pack`): by itself, as a keyframe, or as a difference to
/// the packed form of another, which is a keyframe.
struct PackedForm {
  ContentId content = 0;
  std::uint64_t size = 0;      ///< Bytes of the packed form.
  std::optional<Sha256> base;  ///< None: a keyframe.

  bool operator==(const PackedForm&) const = default;
};

/// INVARIANT of what is stored: it lies raw, packed, or both.
struct Artifact {
  Sha256 sha256;
  std::string sha512_hex;  ///< 128 lower-case digits; "" when unknown.
  std::uint64_t size = 0;
  ContentId raw_content = 0;         ///< 0: only the packed form is stored.
  std::optional<PackedForm> packed;  ///< None: only the raw form is stored.
  std::string name;                  ///< Base name of the first source's URL.
  WallTime stored_at{};
  ArchiveSummary archive;

  bool operator==(const Artifact&) const = default;
};

/// What an origin said so that it can be asked "still the same?" (RFC 9110 8.8).
struct Validators {
  std::string etag;           ///< With quotes and W/, as received; "" when none.
  std::string last_modified;  ///< As received; "" when none.
  /// The mirror that gave them ("https://..."); "" for the source's own URL. No other
  /// place is asked by them.
  std::string place = {};

  /// Fit for If-Range: a strong ETag, or a Last-Modified date.
  bool strong() const;
  bool operator==(const Validators&) const = default;
};

/// What binds a URL to an artifact. Kept after the artifact is evicted.
struct Source {
  std::string key;  ///< source_key() of the URL.
  std::string url;  ///< In the spelling first used.
  Sha256 sha256;
  DigestStrength strength = DigestStrength::FirstSeen;
  bool warmed = false;  ///< An operator asked for it: served stale whatever happens.
  Validators validators;
  std::string content_type;
  WallTime validated_at{};  ///< When the origin last said "this is it".
  std::optional<std::int64_t>
      lifetime_s;                  ///< The origin's freshness lifetime; none given: nullopt.
  std::int64_t initial_age_s = 0;  ///< How old the answer was when it came (RFC 9111 4.2.3).
  bool stale_forbidden = false;    ///< must-revalidate and the like: not to be served stale.
  Headers vary;  ///< What the answer depends on: the request's fields of those names, as asked.
  std::string cache_control;  ///< As received, for the caches behind us; "" when none.
  /// What published the digest where strength is Published: "sha512", "md5", ...
  std::string published;
  /// When the origin was first seen with other bytes behind this URL, which names a version,
  /// while these were pinned.
  std::optional<WallTime> changed_at;

  /// By whose word, for people: "declared", "published sha512", "first seen".
  std::string strength_text() const;

  bool operator==(const Source&) const = default;
};

}  // namespace stagecache
