#include "settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "stagecache/base/file_system.h"
#include "stagecache/model/quantity.h"

namespace stagecache::daemon {
namespace {

/// "20GiB", or "80%" of the file system that holds (or will hold) `path`.
Result<std::uint64_t> quota_bytes(const std::string& text, std::filesystem::path path) {
  if (!text.ends_with('%')) return parse_size(text);
  unsigned percent = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc{} || stop != end || percent < 1 || percent > 100)
    return fail(ErrorCode::BadInput,
                fmt::format("[store] quota: '{}' is no share from 1% to 100%", text));
  std::error_code ignored;
  path = std::filesystem::absolute(path, ignored);
  while (!std::filesystem::exists(path, ignored) && path.has_relative_path())
    path = path.parent_path();
  const auto space = file_system_space(path);
  if (!space) return std::unexpected(space.error());
  return space->total_bytes / 100 * percent;
}

upstream::HostRule to_rule(const config::Host& host) {
  return {.name = host.name,
          .scheme = host.scheme == "http" ? Scheme::Http : Scheme::Https,
          .ports = host.ports,
          .allow_private = host.allow_private,
          .connections = host.connections,
          .credentials_file = host.credentials_file,
          .rate = host.rate,
          .weekly_bytes = host.weekly_bytes};
}

/// "[::1]:8081" -> "[::1]", "127.0.0.1:8081" -> "127.0.0.1".
std::string_view host_of(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

bool is_loopback(std::string_view host) {
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_number);
}

}  // namespace

Result<store::Options> store_options(const config::Config& config) {
  const auto quota = quota_bytes(config.quota, config.path);
  if (!quota) return std::unexpected(quota.error());
  return store::Options{.path = config.path,
                        .quota_bytes = *quota,
                        .min_free_bytes = config.min_free,
                        .memory_bytes = config.memory};
}

std::string instance_name() {
  std::random_device random;
  return fmt::format("stagecache-{:08x}{:08x}", random(), random());
}

upstream::Options upstream_options(const config::Config& config, std::string via) {
  return {.resolver = config.resolver,
          .proxy = config.proxy,
          .no_proxy = config.no_proxy,
          .ca_file = config.ca_file,
          .connect_timeout = config.connect_timeout,
          .header_timeout = config.header_timeout,
          .offline = config.offline,
          .via = std::move(via)};
}

upstream::Policy upstream_policy(const config::Config& config) {
  // The first of a name counts: a host's own table, then the shipped list, then
  // [upstream] allow, whose bare name must not take away a shipped budget.
  std::vector<upstream::HostRule> hosts;
  for (const config::Host& host : config.hosts) hosts.push_back(to_rule(host));
  if (config.shipped_allow)
    for (const upstream::HostRule& rule : upstream::shipped_hosts()) hosts.push_back(rule);
  for (const std::string& name : config.allow) hosts.push_back({.name = name});

  std::vector<upstream::MirrorRule> mirrors;
  for (const config::Mirror& mirror : config.mirrors)
    mirrors.push_back({.prefix = mirror.prefix,
                       .also = mirror.also,
                       .when = mirror.first ? upstream::MirrorRule::When::First
                                            : upstream::MirrorRule::When::Afterwards});
  if (config.shipped_mirrors)
    for (const upstream::MirrorRule& rule : upstream::shipped_mirrors()) mirrors.push_back(rule);
  return {std::move(hosts), std::move(mirrors), config.names};
}

cache::Options cache_options(const config::Config& config) {
  return {
      .fills = config.fills,
      .default_lifetime = std::chrono::duration_cast<std::chrono::seconds>(config.default_lifetime),
      .heuristic_lifetime =
          std::chrono::duration_cast<std::chrono::seconds>(config.heuristic_lifetime),
      .checksum_files = config.checksum_files,
      .stale_anyway = config.stale_anyway,
      .pack = config.pack};
}

cache::Scrub::Options scrub_options(const config::Config& config) {
  return {.rate = config.scrub_rate,
          .interval = std::chrono::duration_cast<std::chrono::seconds>(config.scrub_interval)};
}

Result<prefetch::StandingOrders::Options> standing_orders(const config::Config& config) {
  prefetch::StandingOrders::Options options{.interval = config.watch_interval};
  for (const std::string& folder : config.folders) options.folders.emplace_back(folder);
  for (const config::Warm& warm : config.warm) {
    if (!warm.spark_runtime.empty())
      for (prefetch::WarmItem& item : prefetch::items_of_spark_runtime(warm.spark_runtime))
        options.items.push_back(std::move(item));
    if (warm.url.empty()) continue;
    prefetch::WarmItem item{.url = warm.url};
    if (!warm.sha256.empty()) {
      const auto sha256 = Sha256::parse(warm.sha256);
      if (!sha256) return std::unexpected(Error(sha256.error()).in("[[warm]] " + warm.url));
      item.sha256 = *sha256;
    }
    options.items.push_back(std::move(item));
  }
  return options;
}

Status check_admin_exposure(const config::Config& config) {
  if (!config.token_file.empty()) return {};
  for (const std::string& address : config.admin)
    if (!is_loopback(host_of(address)))
      return fail(ErrorCode::Denied,
                  fmt::format("[listen] admin {} is reachable from other machines: set [admin] "
                              "token_file, or listen on 127.0.0.1",
                              address));
  return {};
}

}  // namespace stagecache::daemon
