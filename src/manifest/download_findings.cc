// Findings about keys that belong together: a URL whose digest or file name is
// another file's, and the cache that is left on.

#include <fmt/format.h>

#include "spark_findings.h"

namespace stagecache::manifest {
namespace {

/// The keys of one tarball.
struct Keys {
  std::string_view url, filename, sha256;
};
constexpr Keys kJdk = {"JDK_URL", "JDK_FILENAME", "JDK_SHA256"};
constexpr Keys kSpark = {"SPARK_URL", "SPARK_FILENAME", "SPARK_SHA256"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// With "%2B" and its like decoded.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                        hex_value(text[i + 2]) >= 0;
    plain +=
        escape ? static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return plain;
}

/// The name that a URL's path ends with; "" when it is no URL, or a folder's.
std::string base_name(const Setting& url) {
  if (url.words.size() != 1) return "";
  const auto parsed = Url::parse(url.words[0]);
  return parsed ? unescape(parsed->base_name()) : "";
}

/// The file that the default digest belongs to also lies in other places.
bool serves_the_default(const Setting& url, const Keys& keys) {
  return url.is_default || base_name(url) == default_of(keys.filename);
}

void check_digest_fits(const Reading& reading, const Keys& keys, Findings& findings) {
  const Setting& url = reading.setting(keys.url);
  const Setting& sha256 = reading.setting(keys.sha256);
  const bool default_file = serves_the_default(url, keys);

  if (sha256.is_default && !default_file) {
    findings.push_back(
        {.line = url.line,
         .column = 1,
         .severity = Severity::Error,
         .text = fmt::format("{} has no {} beside it, so the digest of {} is compared: the "
                             "checksum will not match and the staging fails",
                             keys.url, keys.sha256, default_of(keys.filename)),
         .fix = fmt::format("{}=<the file's SHA-256>", keys.sha256)});
  }
  if (!sha256.is_default && url.is_default && sha256.text() != default_of(keys.sha256)) {
    findings.push_back(
        {.line = sha256.line,
         .column = 1,
         .severity = Severity::Error,
         .text = fmt::format("{} has no {} beside it, so it is compared with the default, {}: the "
                             "checksum will not match and the staging fails",
                             keys.sha256, keys.url, default_of(keys.url)),
         .fix = fmt::format("{}=<the file's URL>", keys.url)});
  }
}

void check_filename_fits(const Reading& reading, const Keys& keys, Findings& findings) {
  const Setting& url = reading.setting(keys.url);
  const Setting& filename = reading.setting(keys.filename);
  const std::string name = base_name(url);
  if (name.empty() || name == unescape(filename.text())) return;

  findings.push_back(
      {.line = filename.is_default ? url.line : filename.line,
       .column = 1,
       .severity = Severity::Note,
       .text = fmt::format(
           "the tarball {} is saved as {}{}: that works, but the staging log will "
           "name the wrong file",
           shown(name), shown(filename.text()),
           filename.is_default ? fmt::format(", the default of {}", keys.filename) : ""),
       .fix = as_fix(fmt::format("{}={}", keys.filename, name))});
}

void check_cache(const Reading& reading, Findings& findings) {
  // An empty value is told of where it stands.
  if (reading.deciding("CACHE_DISABLED")) return;
  findings.push_back(
      {.severity = Severity::Note,
       .text = "CACHE_DISABLED is not set: the buildpack downloads at every push all the same, and "
               "keeps a second copy of both tarballs on the staging disk (unless the staging "
               "environment sets CACHE_DISABLED=true)",
       .fix = "CACHE_DISABLED=true"});
}

}  // namespace

void add_download_findings(const Reading& reading, Findings& findings) {
  for (const Keys& keys : {kJdk, kSpark}) {
    check_digest_fits(reading, keys, findings);
    check_filename_fits(reading, keys, findings);
  }
  check_cache(reading, findings);
}

}  // namespace stagecache::manifest
