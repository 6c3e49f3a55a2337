#include "reloads.h"

#include <utility>

#include "stagecache/base/log.h"

namespace stagecache::daemon {

void Reloads::add(std::string name, Reload reload) {
  entries_.push_back({std::move(name), std::move(reload)});
}

void Reloads::run() const {
  for (const Entry& entry : entries_) {
    const auto reloaded = entry.reload();
    if (reloaded) log_info("SIGHUP: {} reloaded: {}", entry.name, *reloaded);
    else
      log_warn("SIGHUP: {} not reloaded, the old go on: {}", entry.name, reloaded.error().message);
  }
  log_info("SIGHUP: the configuration is read at start only; restart to change it{}",
           entries_.empty() ? " (there is nothing else to reload)" : "");
}

}  // namespace stagecache::daemon
