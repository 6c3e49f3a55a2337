#include "upstream/host_limits.h"

#include <set>
#include <utility>

namespace stagecache::upstream {
namespace {

constexpr RetryHint kPointless{.worth = false, .after = std::nullopt};

}  // namespace

std::expected<HostLimits::Pass, Failure> HostLimits::enter(const std::string& host,
                                                           const HostRule& rule, Patience patience,
                                                           std::stop_token stop) {
  for (;;) {
    if (auto free = holds_.wait_for(host, patience, stop); !free)
      return std::unexpected(std::move(free).error());
    auto slot = patience == Patience::None ? slots_.try_acquire(host, rule.connections)
                                           : slots_.acquire(host, rule.connections, stop);
    if (!slot) return std::unexpected(Failure{std::move(slot).error(), kPointless});
    // Whoever had the connection before may have been refused.
    if (holds_.held(host)) continue;
    auto meter = budgets_.begin(host, rule.weekly_bytes);
    if (!meter) return std::unexpected(std::move(meter).error());
    return Pass{*std::move(slot), *std::move(meter)};
  }
}

std::vector<HostUse> HostLimits::hosts(const Policy& policy) {
  const auto running = slots_.running();
  std::set<std::string> names;
  for (std::string& name : policy.budgeted_hosts()) names.insert(std::move(name));
  for (std::string& name : budgets_.hosts()) names.insert(std::move(name));
  for (const auto& [name, transfers] : running) names.insert(name);

  std::vector<HostUse> uses;
  for (const std::string& name : names) {
    const HostRule* const rule = policy.find(name);
    const auto use = budgets_.use_of(name, rule ? rule->weekly_bytes : 0);
    const auto transfers = running.find(name);
    uses.push_back({.host = name,
                    .connections = transfers == running.end() ? 0 : transfers->second,
                    .weekly_bytes = use.limit,
                    .used_bytes = use.bytes,
                    .resets_at = use.resets_at});
  }
  return uses;
}

}  // namespace stagecache::upstream
