#pragma once
// The options tables. To add an option, add its row and its member of Config;
// then `stagecache print-config-sample > conf/stagecache.toml` and
// `stagecache print-config-reference > docs/configuration.md`.

#include "config/option.h"
#include "stagecache/config/config.h"

namespace stagecache::config {

/// Every option outside of table arrays, section by section.
const std::vector<Option<Config>>& options();

const std::vector<Option<Host>>& host_options();      ///< [[upstream.host]]
const std::vector<Option<Mirror>>& mirror_options();  ///< [[mirror]]
const std::vector<Option<Warm>>& warm_options();      ///< [[warm]]

/// What stands above a section in the sample and the documents.
struct Section {
  std::string_view name;
  std::string_view help;
};
const std::vector<Section>& sections();      ///< In the order of options().
const std::vector<Section>& table_arrays();  ///< "upstream.host", "mirror", "warm"

}  // namespace stagecache::config
