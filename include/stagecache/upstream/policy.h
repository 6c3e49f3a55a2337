#pragma once
//
// Who may be reached: the allow list, host entries and mirror rules as values,
// and the pure decisions on them. Default deny. Thread safety: immutable.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/model/url.h"

namespace stagecache::upstream {

/// One `[[upstream.host]]` table, or a bare name of `[upstream] allow`.
struct HostRule {
  std::string name;                  ///< Exact, lower case; "*.example.org" for any name below.
  Scheme scheme = Scheme::Https;     ///< How we ask it, whatever scheme a client used.
  std::vector<std::uint16_t> ports;  ///< Empty: 80 and 443.
  bool allow_private = false;        ///< Loopback, private, link-local addresses allowed.
  std::uint32_t connections = 4;     ///< Concurrent transfers.
  std::string credentials_file;      ///< What opens it (host_credentials.h); "" for none.
  std::uint64_t rate = 0;          ///< Bytes a second, of all its transfers together; 0: no limit.
  std::uint64_t weekly_bytes = 0;  ///< Of any seven days; used up, nothing new begins. 0: no limit.
};

/// One `[[mirror]]` table: what begins with `prefix` is also found at each of `also`.
/// "{version}" in a prefix takes the longest run of digits and dots that begins and ends
/// with a digit and has a dot ("3.5.1"); all of a prefix take the same text, which is put
/// into `also`.
struct MirrorRule {
  /// Whether a mirror is asked before the URL itself: one that is near or fast.
  enum class When { Afterwards, First };

  std::string prefix;             ///< "host/path/": scheme-less, as in a source key.
  std::vector<std::string> also;  ///< Same form; tried in this order.
  When when = When::Afterwards;
};

/// Where the bytes of a URL may be found.
struct Place {
  enum class Kind {
    FirstMirror,  ///< Asked before the URL itself; that it fails decides nothing.
    Itself,       ///< The URL that was asked for.
    Mirror,       ///< Asked when the URL itself cannot help.
  };
  Url url;
  Kind kind = Kind::Itself;

  bool operator==(const Place&) const = default;
};

/// The hosts stagecache allows when nothing is configured: where the buildpacks'
/// Spark and JRE archives are published, and their redirect targets.
const std::vector<HostRule>& shipped_hosts();

/// Spark releases: current ones from the fast mirror first, all of them from the Apache
/// archive, also where the PySpark buildpack names its dead CloudFront default.
const std::vector<MirrorRule>& shipped_mirrors();

class Policy {
 public:
  /// `own_names` are `[listen] names`: never asked, though a host entry may cover them.
  Policy(std::vector<HostRule> hosts, std::vector<MirrorRule> mirrors,
         std::vector<std::string> own_names = {});

  /// The rule for a host; null when it is not listed. An exact name wins.
  const HostRule* find(std::string_view host) const;

  /// Hosts with a `weekly_bytes`, wildcards left out.
  std::vector<std::string> budgeted_hosts() const;

  /// The URL we would really ask: the rule's scheme (and its default port where
  /// `url` had the other scheme's default). Fails with Denied, in words for an
  /// app developer: host and port, and what to ask the operator for.
  Result<Url> admit(const Url& url) const;

  /// `url` itself and the other places for the same bytes, each once, in the order in
  /// which they are to be asked.
  std::vector<Place> places_of(const Url& url) const;

 private:
  std::vector<HostRule> hosts_;
  std::vector<MirrorRule> mirrors_;
  std::vector<std::string> own_names_;
};

/// True for an address that no listed public host may resolve to: loopback,
/// private, link-local, CGNAT, multicast, unspecified, and the IPv6 forms that
/// hide them (mapped, 6to4, NAT64, unique local). `address` is 4 or 16 bytes.
bool is_private_address(std::span<const std::uint8_t> address);

}  // namespace stagecache::upstream
