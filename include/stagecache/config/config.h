#pragma once
//
// The configuration: one options table (options_table.cc) feeds the TOML parser,
// the environment, `--help`, conf/stagecache.toml and docs/configuration.md.
//
// Unknown sections and keys are errors that name the nearest known one. No file
// at all gives a working daemon on loopback. Immutable once loaded.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/log.h"
#include "stagecache/base/result.h"

namespace stagecache::config {

/// `[[upstream.host]]`
struct Host {
  std::string name;
  std::string scheme = "https";
  std::vector<std::uint16_t> ports;
  bool allow_private = false;
  std::uint32_t connections = 4;
  std::string credentials_file;
  std::uint64_t rate = 0;          ///< Bytes a second, of all transfers together; 0: no limit.
  std::uint64_t weekly_bytes = 0;  ///< Of any seven days; 0: no limit.
  bool operator==(const Host&) const = default;
};

/// `[[mirror]]`
struct Mirror {
  std::string prefix;
  std::vector<std::string> also;
  bool first = false;  ///< Asked before the URL itself.
  bool operator==(const Mirror&) const = default;
};

/// `[[warm]]`: either `url` (with or without `sha256`) or `spark_runtime`.
struct Warm {
  std::string url;
  std::string sha256;
  std::string spark_runtime;
  bool operator==(const Warm&) const = default;
};

struct Config {
  // [listen]
  std::vector<std::string> data{"127.0.0.1:8080"};
  std::vector<std::string> data_tls;
  std::vector<std::string> admin{"127.0.0.1:8081"};
  std::vector<std::string> names;  ///< Host names under which clients reach us.
  std::string public_url;
  std::uint64_t connections = 4096;
  std::chrono::milliseconds idle_timeout{60'000};
  // [tls]
  std::vector<std::string> certificates;
  std::vector<std::string> keys;  ///< As many, in the same order.
  bool self_signed = false;       ///< Not of the file: `serve --self-signed`.
  // [store]
  std::filesystem::path path{"./stagecache-data"};
  std::string quota = "10GiB";  ///< A size, or "80%" of the file system.
  std::uint64_t min_free = 1ull << 30;
  std::uint64_t memory = 256ull << 20;
  bool pack = true;
  std::chrono::milliseconds scrub_interval = std::chrono::days(7);
  std::uint64_t scrub_rate = 20'000'000;  ///< Bytes of artifacts a second; 0: no bound.
  // [upstream]
  std::vector<std::string> allow;  ///< Besides the shipped list.
  bool shipped_allow = true;       ///< false: only `allow` and `[[upstream.host]]`.
  bool shipped_mirrors = true;     ///< false: only `[[mirror]]`.
  std::string resolver, proxy, ca_file;
  std::vector<std::string> no_proxy;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds header_timeout{60'000};
  std::chrono::milliseconds default_lifetime{0};
  std::chrono::milliseconds heuristic_lifetime{0};
  bool stale_anyway = false;
  bool checksum_files = true;
  bool offline = false;
  std::uint64_t fills = 8;
  std::vector<Host> hosts;
  std::vector<Mirror> mirrors;
  std::vector<Warm> warm;
  // [watch]
  std::vector<std::string> folders;
  std::chrono::milliseconds watch_interval{60'000};
  // [admin]
  std::string token_file;
  // [log]
  LogLevel log_level = LogLevel::Info;
  LogFormat log_format = LogFormat::Text;

  bool operator==(const Config&) const = default;
};

/// Fails with BadInput when certificates and keys do not pair, or data_tls has none.
Status check_tls(const Config& config);

using Environment = std::map<std::string, std::string>;
/// The process's own.
Environment environment();

/// Reads `file` (none: defaults), then STAGECACHE_<SECTION>_<KEY> over it. Fails
/// with BadInput: "stagecache.toml:12: unknown key store.qouta (did you mean quota?)".
Result<Config> load(const std::optional<std::filesystem::path>& file, const Environment& env);
/// The same from a text; `name` is what errors call it.
Result<Config> parse(std::string_view toml, std::string_view name, const Environment& env);

std::string sample_toml();         ///< conf/stagecache.toml
std::string reference_markdown();  ///< docs/configuration.md
std::string options_help();        ///< A line an option, for `stagecache serve --help`.

}  // namespace stagecache::config
