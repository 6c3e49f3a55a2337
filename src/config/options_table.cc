#include "config/options_table.h"

namespace stagecache::config {
namespace {

using enum OptionType;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

/// Shorter time limits only make sense in tests.
constexpr std::uint64_t kShortest = 100;

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> kSections{
      {"listen", "Where stagecache can be reached."},
      {"tls", "What the TLS data listener shows to its clients."},
      {"store", "What it may keep, and where."},
      {"upstream", "Where it may fetch from, and how."},
      {"watch", "Folders whose spark_runtime.txt and buildpack manifest.yml files are kept warm."},
      {"admin", "The admin listener: warm jobs, artifacts, statistics."},
      {"log", "What it writes to standard error."},
  };
  return kSections;
}

const std::vector<Section>& table_arrays() {
  static const std::vector<Section> kTables{
      {"upstream.host", "A host that may be asked for and needs more than its name: a table each."},
      {"mirror",
       "Another place for the same bytes: what begins with `prefix` is also found at `also`."},
      {"warm", "What to have ready at start, pinned: a `url`, or the text of a spark_runtime.txt."},
  };
  return kTables;
}

// clang-format off
const std::vector<Option<Config>>& options() {
  static const std::vector<Option<Config>> kOptions{
      {"listen", "data", {.type = TextList, .min = 1, .check = check_listener}, &Config::data,
       R"(["127.0.0.1:8080"])", "",
       "Addresses for stagings, host:port, one or several. Port 0 takes any free one."},
      {"listen", "data_tls", {.type = TextList, .check = check_listener}, &Config::data_tls,
       "[]", R"(["0.0.0.0:8443"])",
       "The same over TLS 1.2 or 1.3, beside data; needs [tls] certificate and key, or serve --self-signed."},
      {"listen", "admin", {.type = TextList, .min = 1, .check = check_listener}, &Config::admin,
       R"(["127.0.0.1:8081"])", "",
       "Addresses for operators, host:port, one or several. Off loopback only with [admin] token_file."},
      {"listen", "names", {.type = TextList, .check = check_host_name}, &Config::names,
       "[]", R"(["cache.example.org"])",
       "Host names under which clients reach us. A request that names one of them is ours and is never fetched."},
      {"listen", "public_url", {.type = Text, .check = check_url}, &Config::public_url,
       R"("")", R"("http://cache.example.org:8080")",
       "How clients spell the data listener; empty: http:// and the first address of data."},
      {"listen", "connections", {.type = Count, .min = 1, .max = 1'000'000}, &Config::connections,
       "4096", "", "Connections of stagings open at once; more are answered 503 and closed."},
      {"listen", "idle_timeout", {.type = Duration, .min = kShortest, .max = kHour}, &Config::idle_timeout,
       R"("60s")", "", "A connection on which nothing moves for so long is closed."},

      {"tls", "certificate", {.type = TextList}, &Config::certificates,
       "[]", R"(["/etc/stagecache/tls/cert.pem"])",
       "PEM files, each a certificate and its chain. Of several the client's server name chooses; the first is for all others. Replaced files are noticed."},
      {"tls", "key", {.type = TextList}, &Config::keys,
       "[]", R"(["/etc/stagecache/tls/key.pem"])",
       "PEM files with their keys, in the same order, without passphrase."},

      {"store", "path", {.type = Text}, &Config::path,
       R"("./stagecache-data")", "", "The folder that holds everything. One daemon a folder."},
      {"store", "quota", {.type = Quota, .check = check_quota}, &Config::quota,
       R"("10GiB")", R"("80%")",
       "Bytes on disk that are never passed, metadata and unfinished downloads included: a size, or a share of the file system."},
      {"store", "min_free", {.type = Size}, &Config::min_free,
       R"("1GiB")", "", "What is left free on the file system for others, whatever the quota says."},
      {"store", "memory", {.type = Size, .min = 16 * kMiB}, &Config::memory,
       R"("256MiB")", "", "Bound of block cache, fill buffers and pinned chunks together. Besides: 64 MiB of rebuilt segments; 80 MiB of keyframes and 24 MiB a core while packed forms are read, however many; 256 MiB while one is packed."},
      {"store", "pack", {.type = Flag}, &Config::pack,
       "true", "", "Pack .tgz files that are alike in the background, bit for bit: a patch release then takes a few per cent of its size. false: nothing more is packed; what is packed is served."},
      {"store", "scrub_interval", {.type = Duration, .min = 0, .max = 366 * kDay}, &Config::scrub_interval,
       R"("7d")", "", "How long after one scrub the next begins: all that is stored is read, compared with its SHA-256, and what is damaged is fetched again; 0s: only by stagecache scrub."},
      {"store", "scrub_rate", {.type = Rate}, &Config::scrub_rate,
       R"("20MB")", R"("100MB")", "Bytes of artifacts that a scrub reads in a second; 0: no bound."},

      {"upstream", "allow", {.type = TextList, .check = check_host_name}, &Config::allow,
       "[]", R"(["repo.example.org", "*.mirror.example.org"])",
       "Hosts that may be asked for besides the shipped list, on ports 80 and 443. Nothing else is ever reached."},
      {"upstream", "shipped_allow", {.type = Flag}, &Config::shipped_allow,
       "true", "", "Whether the shipped list counts: the hosts that publish Spark and Java run times."},
      {"upstream", "shipped_mirrors", {.type = Flag}, &Config::shipped_mirrors,
       "true", "", "Whether the shipped mirror rules count, after those of [[mirror]]: where Spark releases are found."},
      {"upstream", "resolver", {.type = Text}, &Config::resolver,
       R"("")", R"("10.0.0.2")",
       "The DNS server to ask; empty: the system's. Needed where our own DNS points an upstream's name at us."},
      {"upstream", "proxy", {.type = Text, .check = check_proxy}, &Config::proxy,
       R"("")", R"("http://proxy.example.org:3128")",
       "Proxy for everything that goes out: http://, https:// or socks5h://, with or without user:password@; empty: none. It looks the hosts up, so their addresses are not checked here."},
      {"upstream", "no_proxy", {.type = TextList, .check = check_host_name}, &Config::no_proxy,
       "[]", R"(["artifacts.example.org"])", "Hosts that are asked without the proxy; each stands for all below it, too."},
      {"upstream", "ca_file", {.type = Text}, &Config::ca_file,
       R"("")", R"("/etc/ssl/certs/ca-certificates.crt")",
       "Certificates that upstreams are checked against; empty: the system's."},
      {"upstream", "connect_timeout", {.type = Duration, .min = kShortest, .max = 10 * kMinute}, &Config::connect_timeout,
       R"("10s")", "", "How long connecting to an upstream may take."},
      {"upstream", "header_timeout", {.type = Duration, .min = kShortest, .max = kHour}, &Config::header_timeout,
       R"("60s")", "", "How long a client waits for an upstream's headers before it gets 504. The fill goes on."},
      {"upstream", "default_lifetime", {.type = Duration, .min = 0, .max = 366 * kDay}, &Config::default_lifetime,
       R"("0s")", R"("1d")",
       "How long an answer without a lifetime of its own is good; 0s: ask the upstream again each time."},
      {"upstream", "heuristic_lifetime", {.type = Duration, .min = 0, .max = 366 * kDay}, &Config::heuristic_lifetime,
       R"("0s")", R"("1d")",
       "With default_lifetime 0s: an answer that says when it was last modified is good for a tenth of that time, at most this long (RFC 9111 4.2.2); 0s: no guess."},
      {"upstream", "stale_anyway", {.type = Flag}, &Config::stale_anyway,
       "false", "", "Serve what is past its lifetime when the upstream fails, even where its answer forbade that."},
      {"upstream", "checksum_files", {.type = Flag}, &Config::checksum_files,
       "true", "", "Where nobody declared a digest: look for .sha512, .sha256, .sha256.txt, .sha and .md5 beside an archive and check it against the first that is there."},
      {"upstream", "offline", {.type = Flag}, &Config::offline,
       "false", "", "Fetch nothing, serve what is here."},
      {"upstream", "fills", {.type = Count, .min = 1, .max = 1024}, &Config::fills,
       "8", "", "Downloads that run at once."},

      {"watch", "folders", {.type = TextList}, &Config::folders,
       "[]", R"(["/srv/apps"])",
       "Looked through at start and then regularly, at any depth; what their spark_runtime.txt files and buildpack manifest.yml files name is warmed and pinned."},
      {"watch", "interval", {.type = Duration, .min = kShortest, .max = kDay}, &Config::watch_interval,
       R"("60s")", "", "How often."},

      {"admin", "token_file", {.type = Text}, &Config::token_file,
       R"("")", R"("/etc/stagecache/token")",
       "File with the token that every admin request must carry (Authorization: Bearer ...); empty: none, loopback only."},

      {"log", "level", {.type = Level}, &Config::log_level,
       R"("info")", "", "debug, info, warn, error or off."},
      {"log", "format", {.type = Format}, &Config::log_format,
       R"("text")", "", "text, or json: one object a line."},
  };
  return kOptions;
}

const std::vector<Option<Host>>& host_options() {
  static const std::vector<Option<Host>> kOptions{
      {"upstream.host", "name", {.type = Text, .check = check_host_name}, &Host::name,
       "", R"("artifacts.example.org")", "The host, or *.name for any host below it. Required."},
      {"upstream.host", "scheme", {.type = Text, .check = check_scheme}, &Host::scheme,
       R"("https")", "", "How it is asked, whatever scheme the client used: https or http."},
      {"upstream.host", "ports", {.type = PortList}, &Host::ports,
       "[]", "[8443]", "Ports that may be asked for; empty: 80 and 443."},
      {"upstream.host", "allow_private", {.type = Flag}, &Host::allow_private,
       "false", "", "Whether its addresses may be loopback, private or link-local."},
      {"upstream.host", "connections", {.type = Count, .min = 1, .max = 1024}, &Host::connections,
       "4", "", "Downloads from it at once."},
      {"upstream.host", "credentials_file", {.type = Text}, &Host::credentials_file,
       R"("")", R"("/etc/stagecache/artifacts.example.org")",
       "File with what opens the host: one line, user:password or bearer TOKEN. Read for each request, sent to this host only; what it opens is stored and served to all."},
      {"upstream.host", "rate", {.type = Rate}, &Host::rate,
       R"("0")", R"("10MiB")", "Bytes a second for all downloads from it together; 0: no limit."},
      {"upstream.host", "weekly_bytes", {.type = Size}, &Host::weekly_bytes,
       R"("0")", R"("40GB")",
       "Bytes that may come from it within seven days; used up, no new download begins there (those that run go on, mirrors are asked, what is stored is served); 0: no limit. The shipped entry of archive.apache.org, which bans who takes more, has 40GB."},
  };
  return kOptions;
}

const std::vector<Option<Mirror>>& mirror_options() {
  static const std::vector<Option<Mirror>> kOptions{
      {"mirror", "prefix", {.type = Text, .check = check_prefix}, &Mirror::prefix,
       "", R"("archive.apache.org/dist/")", "host/path without a scheme. Required. {version} in the path stands for digits and dots, such as 3.5.1; twice means the same twice."},
      {"mirror", "also", {.type = TextList, .min = 1, .check = check_prefix}, &Mirror::also,
       "", R"(["apache.example.org/dist/"])", "The same form, tried in this order, {version} filled in. Required; these hosts must be allowed, too."},
      {"mirror", "first", {.type = Flag}, &Mirror::first,
       "false", "", "Whether they are asked before the URL itself: a mirror that is near or fast."},
  };
  return kOptions;
}

const std::vector<Option<Warm>>& warm_options() {
  static const std::vector<Option<Warm>> kOptions{
      {"warm", "url", {.type = Text, .check = check_url}, &Warm::url,
       R"("")", R"("https://archive.apache.org/dist/spark/spark-2.1.0/spark-2.1.0-bin-hadoop2.7.tgz")",
       "What to fetch."},
      {"warm", "sha256", {.type = Text, .check = check_sha256}, &Warm::sha256,
       R"("")", R"("0834c775f38473f67cb122e0ec21074f800ced50c1ff1b9e37e222a0069dc5c7")",
       "The digest that its bytes must have; empty: unknown."},
      {"warm", "spark_runtime", {.type = Text}, &Warm::spark_runtime,
       R"("")", R"("""CACHE_DISABLED=true""")", "Instead of url: the text of a spark_runtime.txt, read as the buildpack reads it."},
  };
  return kOptions;
}
// clang-format on

}  // namespace stagecache::config
