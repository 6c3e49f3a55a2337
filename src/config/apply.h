#pragma once
// How a document and the environment become a Config.

#include "config/options_table.h"

namespace stagecache::config {

/// "STAGECACHE_STORE_QUOTA"
std::string environment_name(const Option<Config>& option);

/// Overrides `config` with what `env` says. Fails with BadInput for a value that
/// an option does not take, and for a variable that looks like an option and is none.
Status apply_environment(const Environment& env, Config& config);

/// "store.memory wants a size, for example memory = "256MiB": not "3 bananas"".
std::string wants(std::string_view option, OptionType type, std::string_view example,
                  const Error& why);

}  // namespace stagecache::config
