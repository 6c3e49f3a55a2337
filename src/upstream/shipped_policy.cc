#include "stagecache/upstream/policy.h"

namespace stagecache::upstream {
namespace {

HostRule https(std::string name) {
  return HostRule{.name = std::move(name), .ports = {}};
}

/// It bans an address that takes more than 40 GB a week (infra.apache.org/infra-ban.html).
HostRule apache_archive() {
  HostRule rule = https("archive.apache.org");
  rule.weekly_bytes = 40'000'000'000;
  return rule;
}

}  // namespace

const std::vector<HostRule>& shipped_hosts() {
  static const std::vector<HostRule> hosts = {
      // Spark.
      apache_archive(),
      https("dlcdn.apache.org"),
      https("downloads.apache.org"),
      https("d3kbcqa49mib13.cloudfront.net"),
      // What the Cloud Foundry buildpacks download.
      https("java-buildpack.cloudfoundry.org"),
      https("buildpacks.cloudfoundry.org"),
      // JREs. Adoptium answers with a redirect to GitHub, GitHub with one to its object hosts.
      https("api.adoptium.net"),
      https("github.com"),
      https("objects.githubusercontent.com"),
      https("release-assets.githubusercontent.com"),
      https("corretto.aws"),
      https("download.bell-sw.com"),
      https("api.bell-sw.com"),
      https("cdn.azul.com"),
      https("api.azul.com"),
  };
  return hosts;
}

const std::vector<MirrorRule>& shipped_mirrors() {
  using enum MirrorRule::When;
  // The same bytes are published at all of these places. A prefix that ends before ".tgz"
  // carries the checksum files beside it along, and leaves folder listings out: the fast
  // mirror's name only current releases.
  static const std::vector<MirrorRule> mirrors = {
      {.prefix = "archive.apache.org/dist/spark/spark-{version}/spark-{version}",
       .also = {"dlcdn.apache.org/spark/spark-{version}/spark-{version}"},
       .when = First},
      {.prefix = "archive.apache.org/dist/spark/spark-{version}/pyspark-{version}",
       .also = {"dlcdn.apache.org/spark/spark-{version}/pyspark-{version}"},
       .when = First},
      {.prefix = "downloads.apache.org/spark/spark-{version}/spark-{version}",
       .also = {"dlcdn.apache.org/spark/spark-{version}/spark-{version}"},
       .when = First},
      // What is no longer current is gone from these two.
      {.prefix = "downloads.apache.org/spark/", .also = {"archive.apache.org/dist/spark/"}},
      {.prefix = "dlcdn.apache.org/spark/", .also = {"archive.apache.org/dist/spark/"}},
      {.prefix = "d3kbcqa49mib13.cloudfront.net/spark-{version}-bin-",
       .also = {"archive.apache.org/dist/spark/spark-{version}/spark-{version}-bin-"}},
  };
  return mirrors;
}

}  // namespace stagecache::upstream
