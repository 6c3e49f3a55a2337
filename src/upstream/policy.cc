#include "stagecache/upstream/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "upstream/mirror_prefix.h"

namespace stagecache::upstream {
namespace {

constexpr std::string_view kWildcard = "*.";

/// The form of Url::host: lower case, no trailing dot, IPv6 in brackets.
std::string normal_name(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with('.')) name.pop_back();
  if (name.contains(':') && !name.starts_with('[')) name = "[" + name + "]";
  return name;
}

/// No top-level domain ends in a digit, so what does is an address.
bool is_literal(std::string_view host) {
  return host.ends_with(']') || (!host.empty() && host.back() >= '0' && host.back() <= '9');
}

bool wildcard_matches(std::string_view name, std::string_view host) {
  if (!name.starts_with(kWildcard) || is_literal(host)) return false;
  const std::string_view suffix = name.substr(1);  // Keeps the dot.
  return host.size() > suffix.size() && host.ends_with(suffix);
}

bool port_allowed(const HostRule& rule, std::uint16_t port) {
  if (rule.ports.empty()) return port == 80 || port == 443;
  return std::ranges::find(rule.ports, port) != rule.ports.end();
}

/// Ports mean their scheme's default until a rule names ports: `/mirror/host:80/x`
/// and `http://host/x` both ask an https host at 443.
std::uint16_t mapped_port(const HostRule& rule, const Url& url) {
  const bool is_default = url.port == default_port(url.scheme);
  const bool either_default = rule.ports.empty() && (url.port == 80 || url.port == 443);
  return is_default || either_default ? default_port(rule.scheme) : url.port;
}

/// "host" alone must not match "host.example.org": a whole host ends in '/'.
std::string with_path(std::string prefix) {
  if (!prefix.contains('/')) prefix += '/';
  return prefix;
}

/// Where `rule` finds what `text` ("host/path?query") names.
std::vector<Url> mirrors_by(const MirrorRule& rule, std::string_view text) {
  const auto match = match_prefix(rule.prefix, text);
  if (!match) return {};
  std::vector<Url> mirrors;
  for (const std::string& also : rule.also) {
    const auto begin = filled_in(also, match->version);
    if (!begin) continue;
    // The scheme does not matter: admit() replaces it by the host entry's.
    auto mirror = Url::parse(fmt::format("https://{}{}", *begin, match->rest));
    if (mirror) mirrors.push_back(*std::move(mirror));
  }
  return mirrors;
}

}  // namespace

Policy::Policy(std::vector<HostRule> hosts, std::vector<MirrorRule> mirrors,
               std::vector<std::string> own_names)
    : hosts_(std::move(hosts)), mirrors_(std::move(mirrors)), own_names_(std::move(own_names)) {
  for (std::string& name : own_names_) name = normal_name(std::move(name));
  for (HostRule& rule : hosts_) rule.name = normal_name(std::move(rule.name));
  for (MirrorRule& rule : mirrors_) {
    rule.prefix = with_path(std::move(rule.prefix));
    for (std::string& place : rule.also) place = with_path(std::move(place));
  }
}

const HostRule* Policy::find(std::string_view host) const {
  const HostRule* best = nullptr;
  for (const HostRule& rule : hosts_) {
    if (rule.name == host) return &rule;
    const bool longer = !best || rule.name.size() > best->name.size();
    if (longer && wildcard_matches(rule.name, host)) best = &rule;
  }
  return best;
}

std::vector<std::string> Policy::budgeted_hosts() const {
  std::vector<std::string> names;
  for (const HostRule& rule : hosts_)
    if (rule.weekly_bytes > 0 && !rule.name.starts_with('*') && find(rule.name) == &rule)
      names.push_back(rule.name);
  return names;
}

Result<Url> Policy::admit(const Url& url) const {
  if (std::ranges::find(own_names_, url.host) != own_names_.end())
    return fail(ErrorCode::Denied,
                fmt::format("host {} is this cache itself and is never fetched; name the host that "
                            "publishes the file",
                            url.host));
  const HostRule* rule = find(url.host);
  if (!rule)
    return fail(ErrorCode::Denied,
                fmt::format("host {} is not on this cache's allow list; ask your operator to add "
                            "it to [upstream] allow",
                            url.host));

  Url admitted = url;
  admitted.scheme = rule->scheme;
  admitted.port = mapped_port(*rule, url);
  if (!port_allowed(*rule, admitted.port))
    return fail(ErrorCode::Denied,
                fmt::format("port {} of host {} is not allowed by this cache; ask your operator "
                            "to add it to ports of that host's [[upstream.host]] entry",
                            admitted.port, url.host));
  return admitted;
}

std::vector<Place> Policy::places_of(const Url& url) const {
  const std::string text = url.host_port() + url.target();
  std::vector<Place> places;
  std::vector<std::string> seen = {source_key(url)};
  const auto add_mirrors = [&](MirrorRule::When when, Place::Kind kind) {
    for (const MirrorRule& rule : mirrors_) {
      if (rule.when != when) continue;
      for (Url& mirror : mirrors_by(rule, text)) {
        if (std::ranges::find(seen, source_key(mirror)) != seen.end()) continue;
        seen.push_back(source_key(mirror));
        places.push_back({std::move(mirror), kind});
      }
    }
  };

  add_mirrors(MirrorRule::When::First, Place::Kind::FirstMirror);
  places.push_back({url, Place::Kind::Itself});
  add_mirrors(MirrorRule::When::Afterwards, Place::Kind::Mirror);
  return places;
}

}  // namespace stagecache::upstream
