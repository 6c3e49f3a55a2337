#pragma once
// From the configuration to what the modules take. Pure, but for one look at the
// file system where the quota is a share of it.

#include "stagecache/cache/cache.h"
#include "stagecache/cache/scrub.h"
#include "stagecache/config/config.h"
#include "stagecache/http/server.h"
#include "stagecache/prefetch/standing_orders.h"
#include "stagecache/store/store.h"
#include "stagecache/upstream/upstream.h"

namespace stagecache::daemon {

Result<store::Options> store_options(const config::Config& config);
/// `via` is our pseudonym in what we send.
upstream::Options upstream_options(const config::Config& config, std::string via);
upstream::Policy upstream_policy(const config::Config& config);
cache::Options cache_options(const config::Config& config);
cache::Scrub::Options scrub_options(const config::Config& config);
Result<prefetch::StandingOrders::Options> standing_orders(const config::Config& config);

/// "stagecache-<16 hex>", another one in every process: only so is a request that comes
/// back told from one that another cache sent.
std::string instance_name();

/// Fails with Denied when the admin listener is off loopback and has no token.
Status check_admin_exposure(const config::Config& config);

}  // namespace stagecache::daemon
