#include <gtest/gtest.h>

#include "stagecache/config/config.h"

namespace stagecache::config {
namespace {

using namespace std::chrono_literals;

Config parsed(std::string_view toml, const Environment& env = {}) {
  auto config = parse(toml, "t.toml", env);
  EXPECT_TRUE(config) << config.error().message;
  return config ? *config : Config{};
}

std::string error_in(std::string_view toml, const Environment& env = {}) {
  const auto config = parse(toml, "t.toml", env);
  EXPECT_FALSE(config) << toml;
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::BadInput);
  return config.error().message;
}

TEST(Config, IsTheDefaultsWithoutAFile) {
  const auto config = load(std::nullopt, {});

  ASSERT_TRUE(config);
  EXPECT_EQ(*config, Config{});
}

TEST(Config, NamesTheFileThatIsNotThere) {
  const auto config = load("/nowhere/stagecache.toml", {});

  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("/nowhere/stagecache.toml"), std::string::npos);
}

TEST(Config, TakesEverySectionOfAFile) {
  const Config config = parsed(R"(
    [listen]
    data = ["0.0.0.0:8080", "[::]:8080"]
    admin = "127.0.0.1:9"
    names = ["cache.example.org"]
    idle_timeout = "2m"
    [store]
    path = "/var/lib/stagecache"
    quota = "80%"
    min_free = "20GB"
    memory = 536870912
    [upstream]
    allow = ["a.example", "*.b.example"]
    offline = true
    connect_timeout = 3
    [watch]
    folders = ["/srv/apps"]
    [log]
    level = "debug"
    format = "json"
  )");

  EXPECT_EQ(config.data, (std::vector<std::string>{"0.0.0.0:8080", "[::]:8080"}));
  EXPECT_EQ(config.admin, (std::vector<std::string>{"127.0.0.1:9"}));
  EXPECT_EQ(config.names, (std::vector<std::string>{"cache.example.org"}));
  EXPECT_EQ(config.idle_timeout, 2min);
  EXPECT_EQ(config.path, "/var/lib/stagecache");
  EXPECT_EQ(config.quota, "80%");
  EXPECT_EQ(config.min_free, 20'000'000'000u);
  EXPECT_EQ(config.memory, 512u << 20);
  EXPECT_EQ(config.allow, (std::vector<std::string>{"a.example", "*.b.example"}));
  EXPECT_TRUE(config.offline);
  EXPECT_EQ(config.connect_timeout, 3s);
  EXPECT_EQ(config.folders, (std::vector<std::string>{"/srv/apps"}));
  EXPECT_EQ(config.log_level, LogLevel::Debug);
  EXPECT_EQ(config.log_format, LogFormat::Json);
}

TEST(Config, TakesTableArrays) {
  const Config config = parsed(R"(
    [[upstream.host]]
    name = "127.0.0.1"
    scheme = "http"
    ports = [9000, 9001]
    allow_private = true
    connections = 2
    rate = "10MiB"
    [[upstream.host]]
    name = "b.example"
    [[mirror]]
    prefix = "a.example/dist/"
    also = "b.example/x/"
    first = true
    [[warm]]
    url = "https://a.example/x.tgz"
    [[warm]]
    spark_runtime = """
SPARK_URL=https://a.example/x.tgz
"""
  )");

  const Host host{.name = "127.0.0.1",
                  .scheme = "http",
                  .ports = {9000, 9001},
                  .allow_private = true,
                  .connections = 2,
                  .rate = 10u << 20};
  Host plain;
  plain.name = "b.example";
  EXPECT_EQ(config.hosts, (std::vector<Host>{host, plain}));
  EXPECT_EQ(config.mirrors, (std::vector<Mirror>{{"a.example/dist/", {"b.example/x/"}, true}}));
  ASSERT_EQ(config.warm.size(), 2u);
  EXPECT_EQ(config.warm[0].url, "https://a.example/x.tgz");
  EXPECT_EQ(config.warm[1].spark_runtime, "SPARK_URL=https://a.example/x.tgz\n");
}

TEST(Config, LetsTheEnvironmentOverrideTheFile) {
  const Config config = parsed("[store]\nquota = \"1GiB\"\n[listen]\ndata = \"127.0.0.1:1\"",
                               {{"STAGECACHE_STORE_QUOTA", "2GiB"},
                                {"STAGECACHE_LISTEN_DATA", "127.0.0.1:2, [::1]:3"},
                                {"STAGECACHE_UPSTREAM_OFFLINE", "true"},
                                {"STAGECACHE_UPSTREAM_FILLS", "3"},
                                {"STAGECACHE_UPSTREAM_ALLOW", ""},
                                {"STAGECACHE_SERVER", "http://127.0.0.1:8081"},
                                {"HOME", "/root"}});

  EXPECT_EQ(config.quota, "2GiB");
  EXPECT_EQ(config.data, (std::vector<std::string>{"127.0.0.1:2", "[::1]:3"}));
  EXPECT_TRUE(config.offline);
  EXPECT_EQ(config.fills, 3u);
  EXPECT_TRUE(config.allow.empty());
}

struct Wrong {
  const char* name;
  const char* toml;
  const char* message;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.toml;
}

class WrongFile : public testing::TestWithParam<Wrong> {};

TEST_P(WrongFile, IsNamedWithItsLineAndTheWayOut) {
  EXPECT_EQ(error_in(GetParam().toml), GetParam().message);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Cases, WrongFile, testing::Values(
    Wrong{"Key", "\n[store]\nqouta = 1",
          "t.toml:3: unknown key store.qouta (did you mean quota?)"},
    Wrong{"KeyOfAnotherSection", "[store]\noffline = true",
          "t.toml:2: unknown key store.offline (did you mean [upstream] offline?)"},
    Wrong{"Section", "[stroe]\nquota = 1",
          "t.toml:1: unknown section stroe (did you mean store?)"},
    Wrong{"KeyOutsideOfASection", "quota = 1",
          "t.toml:1: quota stands outside of its section [store]"},
    Wrong{"SectionThatIsAValue", "store = 1", "t.toml:1: store is a section: [store]"},
    Wrong{"FirstOfTwo", "[store]\nzzz = 1\naaa = 1",
          "t.toml:2: unknown key store.zzz (did you mean path?)"},
    Wrong{"Size", "[store]\nmemory = \"3 bananas\"",
          "t.toml:2: store.memory wants a size, for example memory = \"256MiB\": not \"3 bananas\""},
    Wrong{"SizeBelowItsBound", "[store]\nmemory = \"1MiB\"",
          "t.toml:2: store.memory wants a size, for example memory = \"256MiB\": 1 MiB is not at least 16 MiB"},
    Wrong{"NegativeSize", "[store]\nmin_free = -1",
          "t.toml:2: store.min_free wants a size, for example min_free = \"1GiB\": not -1"},
    Wrong{"FloatingSize", "[store]\nmin_free = 1.5",
          "t.toml:2: store.min_free wants a size, for example min_free = \"1GiB\": not 1.5"},
    Wrong{"Duration", "[upstream]\nheader_timeout = \"soon\"",
          "t.toml:2: upstream.header_timeout wants a duration, for example header_timeout = \"60s\": not \"soon\""},
    Wrong{"Count", "[upstream]\nfills = 0",
          "t.toml:2: upstream.fills wants a whole number, for example fills = 8: 0 is not from 1 to 1024"},
    Wrong{"Flag", "[upstream]\noffline = \"true\"",
          "t.toml:2: upstream.offline wants true or false, for example offline = false: not \"true\""},
    Wrong{"ListenerWithoutPort", "[listen]\ndata = \"localhost\"",
          "t.toml:2: listen.data wants a list of texts, for example data = [\"127.0.0.1:8080\"]: \"localhost\" has no :port"},
    Wrong{"ListenerPort", "[listen]\ndata = [\"127.0.0.1:70000\"]",
          "t.toml:2: listen.data wants a list of texts, for example data = [\"127.0.0.1:8080\"]: the port of \"127.0.0.1:70000\" is no number up to 65535"},
    Wrong{"NoListener", "[listen]\ndata = []",
          "t.toml:2: listen.data wants a list of texts, for example data = [\"127.0.0.1:8080\"]: an empty list"},
    Wrong{"ListOfNumbers", "[watch]\nfolders = [1]",
          "t.toml:2: watch.folders wants a list of texts, for example folders = [\"/srv/apps\"]: not 1"},
    Wrong{"QuotaShare", "[store]\nquota = \"101%\"",
          "t.toml:2: store.quota wants a size or a share of the file system, for example quota = \"10GiB\": \"101%\" is no share from 1% to 100%"},
    Wrong{"Level", "[log]\nlevel = \"loud\"",
          "t.toml:2: log.level wants one of debug, info, warn, error, off, for example level = \"info\": not \"loud\""},
    Wrong{"AllowedUrl", "[upstream]\nallow = [\"https://a.example\"]",
          "t.toml:2: upstream.allow wants a list of texts, for example allow = [\"repo.example.org\", \"*.mirror.example.org\"]: \"https://a.example\" is a URL; only the host's name goes here"},
    Wrong{"HostWithoutName", "[[upstream.host]]\nports = [1]",
          "t.toml:1: [[upstream.host]] needs a name, for example name = \"repo.example.org\""},
    Wrong{"HostKey", "[[upstream.host]]\nname = \"a\"\nport = 1",
          "t.toml:3: unknown key upstream.host.port (did you mean ports?)"},
    Wrong{"HostInOneBracket", "[upstream.host]\nname = \"a\"",
          "t.toml:1: write [[upstream.host]], with two brackets: there may be several"},
    Wrong{"WarmBoth", "[[warm]]\nurl = \"https://a.example/x\"\nspark_runtime = \"x\"",
          "t.toml:1: [[warm]] needs either url or spark_runtime"},
    Wrong{"WarmDigest", "[[warm]]\nurl = \"https://a.example/x\"\nsha256 = \"12\"",
          "t.toml:3: warm.sha256 wants a text, for example sha256 = \"0834c775f38473f67cb122e0ec21074f800ced50c1ff1b9e37e222a0069dc5c7\": \"12\" is not 64 hex digits"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Config, NamesTheLineOfWhatIsNoToml) {
  EXPECT_TRUE(error_in("[store]\nquota = = 1").starts_with("t.toml:2: "));
  EXPECT_TRUE(error_in("[store]\nquota = 1\nquota = 2").starts_with("t.toml:3: "));
}

TEST(Config, NamesTheUnknownVariable) {
  EXPECT_EQ(error_in("", {{"STAGECACHE_STORE_QOUTA", "1"}}),
            "environment: unknown STAGECACHE_STORE_QOUTA (did you mean STAGECACHE_STORE_QUOTA?)");
}

TEST(Config, NamesTheVariableWithTheWrongValue) {
  EXPECT_EQ(error_in("", {{"STAGECACHE_UPSTREAM_FILLS", "many"}}),
            "environment: STAGECACHE_UPSTREAM_FILLS wants a whole number: not \"many\"");
}

TEST(Config, SurvivesHostileText) {
  std::string deep = "x = ";
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_FALSE(parse(deep, "t.toml", {}));
  EXPECT_FALSE(parse(std::string_view("\0\xff\xfe[store", 9), "t.toml", {}));
  EXPECT_FALSE(parse("[store]\nquota = \"a\\u0000\\nb\"", "t.toml", {}));
}

}  // namespace
}  // namespace stagecache::config
