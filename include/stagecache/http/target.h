#pragma once
//
// What a request on the data listener asks for, read from its request line and
// Host field: origin form, absolute form (http_proxy), origin form by Host (an
// operator's DNS alias). Pure; whether a host may be asked is not decided here.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "stagecache/base/result.h"
#include "stagecache/model/sha256.h"
#include "stagecache/model/url.h"

namespace stagecache::http {

/// Bytes: by URL, by digest, or by both. At least one of the two is set.
struct ArtifactTarget {
  std::optional<Url> source;
  std::optional<Sha256> sha256;
  bool operator==(const ArtifactTarget&) const = default;
};
struct HealthTarget {
  bool operator==(const HealthTarget&) const = default;
};
/// CONNECT: refused, whatever it names.
struct TunnelTarget {
  bool operator==(const TunnelTarget&) const = default;
};
/// Nothing that we have.
struct UnknownTarget {
  bool operator==(const UnknownTarget&) const = default;
};
using Target = std::variant<ArtifactTarget, HealthTarget, TunnelTarget, UnknownTarget>;

/// The parts of a request that decide.
struct TargetQuestion {
  std::string_view method;
  std::string_view target;  ///< As on the request line.
  std::string_view host;    ///< The Host field; "" when there was none.
};

/// Which hosts are ours and which are upstreams.
struct KnownHosts {
  std::span<const std::string> names;  ///< `[listen] names`, in any case.
  std::string_view local;              ///< Address of ours that the client reached ...
  std::string_view local_port;         ///< ... and its port.
  Scheme scheme = Scheme::Http;        ///< Of the listener reached.
  /// Is this host (lower case, without port) on the allow list? May be empty.
  std::function<bool(std::string_view)> listed;
  /// Is this an address and port of any listener of ours, in whatever spelling? May be empty.
  std::function<bool(const Url& place)> own_listener;
};

/// Fails with BadInput when a URL or digest in the target is malformed.
///
/// A host that is ours is never fetched: [listen] names whatever the port; `local`
/// and localhost unless listed as an upstream with another port. One that is not listed either is
/// still taken for us when the path has one of our forms, so that a client may use any name that
/// leads here; otherwise it is a source, and policy will say why not. Under a listed host (a DNS
/// alias leads here) /mirror/<listed host>/ and /sha256/<64 hex>/ are ours, all else is the host's.
Result<Target> parse_target(const TargetQuestion& question, const KnownHosts& hosts);

/// What a URL asks for that stands in a file or was typed: a publisher's, ours under
/// whatever name leads here, a path of ours, or a source key ("host/path"). Fails with
/// BadInput where it names no artifact.
Result<ArtifactTarget> artifact_of(std::string_view url, const KnownHosts& hosts);

}  // namespace stagecache::http
