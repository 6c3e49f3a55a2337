// The wiring. Read from the top: what runs, in the order in which it starts; it
// ends in the opposite order.

#include "stagecache/daemon/daemon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "inherited_sockets.h"
#include "reloads.h"
#include "settings.h"
#include "signals.h"
#include "stagecache/admin/admin_routes.h"
#include "stagecache/base/log.h"
#include "stagecache/cache/cache.h"
#include "stagecache/cache/scrub.h"
#include "stagecache/http/data_routes.h"
#include "stagecache/http/server.h"
#include "stagecache/http/target.h"
#include "stagecache/model/quantity.h"
#include "stagecache/prefetch/standing_orders.h"
#include "stagecache/prefetch/warm_jobs.h"
#include "stagecache/store/store.h"
#include "stagecache/upstream/upstream.h"
#include "stored_budgets.h"
#include "tls.h"

namespace stagecache::daemon {
namespace {

/// Running transfers may end for this long after SIGTERM; BOSH kills after 15 s.
constexpr std::chrono::seconds kGrace{10};
constexpr std::size_t kAdminBodyLimit = 4 << 20;
constexpr std::size_t kAdminConnections = 256;

/// Every piece of the store and every connection is an open file.
void raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// What slow writers may hold of the memory: a quarter, so that the block cache
/// that holds these chunks keeps room for others.
std::uint64_t pinned_limit(const config::Config& config) {
  return config.memory / 4;
}

http::ServerOptions data_options(const config::Config& config, const InheritedSockets& inherited,
                                 const Tls& tls) {
  const bool bind = inherited.data.empty();
  return {.name = "data",
          .addresses = bind ? config.data : std::vector<std::string>{},
          .tls_addresses = tls.addresses(),
          .sockets = inherited.data,
          .tls_sockets = tls.listening(),
          .certificates = tls.certificates(),
          .connection_limit = config.connections,
          .idle_timeout = config.idle_timeout,
          .pinned_limit = pinned_limit(config)};
}

http::ServerOptions admin_options(const config::Config& config) {
  return {.name = "admin",
          .addresses = config.admin,
          .body_limit = kAdminBodyLimit,
          .connection_limit = kAdminConnections,
          .idle_timeout = config.idle_timeout,
          .threads = 1};
}

void announce(const config::Config& config, const http::Server& data, const http::Server& admin,
              const store::Stats& stats) {
  log_info("store {}: {} artifacts, {} of {} used", config.path.string(), stats.artifacts,
           format_size(stats.quota.taken()), format_size(stats.quota.limit));
  const auto over_tls = data.tls_addresses();
  log_info("ready: data {} admin {}{}", fmt::join(data.addresses(), ","),
           fmt::join(admin.addresses(), ","),
           over_tls.empty() ? "" : fmt::format(" data_tls {}", fmt::join(over_tls, ",")));
  sd_notify(0, "READY=1");
}

void stop_both(http::Server& data, http::Server& admin) {
  std::thread admin_stops([&admin] { admin.stop(kGrace); });
  data.stop(kGrace);
  admin_stops.join();
}

}  // namespace

Status serve(const config::Config& config) {
  hold_signals();
  set_log(config.log_level, config.log_format);
  raise_open_files();
  const auto inherited = inherited_sockets();
  if (!inherited) return std::unexpected(inherited.error());
  RETURN_IF_ERROR(check_admin_exposure(config));
  const auto token =
      config.token_file.empty() ? Result<std::string>("") : admin::read_token(config.token_file);
  if (!token) return std::unexpected(token.error());
  auto orders_options = standing_orders(config);
  if (!orders_options) return error_of(std::move(orders_options));
  auto options = store_options(config);
  if (!options) return error_of(std::move(options));

  auto tls = Tls::set_up(config, inherited->data_tls);
  if (!tls) return std::unexpected(tls.error());

  const SystemClock clock;
  options->clock = &clock;
  auto store = store::Store::open(*options);
  if (!store) return error_of(std::move(store));
  const std::string via = instance_name();
  StoredBudgets budgets(**store);
  upstream::Upstream upstream(upstream_options(config, via), upstream_policy(config), &budgets);
  cache::Cache cache(cache_options(config), **store, upstream, clock);
  cache::Scrub scrub(scrub_options(config), **store, cache, clock);
  const auto listed = [&upstream](std::string_view host) {
    return upstream.policy().find(host) != nullptr;
  };
  const auto own_listener = [&upstream](const Url& place) {
    return upstream.is_own_address(place);
  };
  prefetch::WarmJobs jobs(cache, **store, [&](const std::string& url) -> Result<cache::Request> {
    auto target = http::artifact_of(url, {.names = config.names,
                                          .local = "",
                                          .local_port = "",
                                          .listed = listed,
                                          .own_listener = own_listener});
    if (!target) return error_of(std::move(target));
    return cache::Request{.source = target->source, .sha256 = target->sha256, .headers = {}};
  });

  http::DataRoutes data_routes(
      [&cache](cache::Request request, cache::Cache::OnBody on_body) {
        cache.open(std::move(request), std::move(on_body));
      },
      {.names = config.names,
       .listed = listed,
       .may_fetch =
           [&upstream](const Url& url) { return upstream.policy().admit(url).has_value(); },
       .public_url = config.public_url,
       .own_listener = own_listener,
       .via = via,
       .header_timeout = config.header_timeout,
       .retry_after =
           [&cache](const cache::Request& wanted) { return cache.retry_after(wanted); }});
  auto data = http::Server::bind(data_options(config, *inherited, *tls), std::ref(data_routes));
  if (!data) return std::unexpected(std::move(data).error().in("[listen] data"));
  admin::AdminRoutes admin_routes({**store, cache, scrub, jobs, upstream, *token, config.names});
  auto admin = http::Server::bind(admin_options(config), admin_routes.handler());
  if (!admin) return std::unexpected(std::move(admin).error().in("[listen] admin"));

  std::vector<std::string> listeners = (*data)->addresses();
  std::ranges::copy((*data)->tls_addresses(), std::back_inserter(listeners));
  std::ranges::copy((*admin)->addresses(), std::back_inserter(listeners));
  upstream.own_listeners().set(listeners);

  prefetch::StandingOrders orders(*std::move(orders_options), jobs);
  (*data)->start();
  (*admin)->start();
  announce(config, **data, **admin, (*store)->stats());
  tls->explain((*data)->tls_addresses());

  Reloads reloads;
  tls->add_to(reloads);
  const char* const signal =
      wait_for_end({.on_hangup = [&] { reloads.run(); }, .every_tick = [&] { tls->look_after(); }});
  log_info("{}: stopping; running transfers may end within {} s", signal, kGrace.count());
  sd_notify(0, "STOPPING=1");
  stop_both(**data, **admin);
  return {};
}

}  // namespace stagecache::daemon
