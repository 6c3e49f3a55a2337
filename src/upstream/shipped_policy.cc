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
  // The same SHA-256 is published at both places. A prefix that ends before
  // ".tgz" carries the checksum files beside it along.
  static const std::vector<MirrorRule> mirrors = {
      {.prefix = "d3kbcqa49mib13.cloudfront.net/spark-2.1.0-bin-hadoop2.7",
       .also = {"archive.apache.org/dist/spark/spark-2.1.0/spark-2.1.0-bin-hadoop2.7"}},
  };
  return mirrors;
}

}  // namespace stagecache::upstream
