#include "stagecache/manifest/spark_runtime.h"

#include <fmt/ranges.h>

#include "buildpack_line.h"
#include "spark_defaults.h"
#include "spark_findings.h"

namespace stagecache::manifest {
namespace {

Setting default_setting(std::string_view key) {
  return {.key = std::string(key),
          .words = split_words(default_of(key)),
          .is_default = true,
          .line = 0};
}

Setting read_setting(const Lines& lines, std::string_view key) {
  const Line* const line = deciding_line(lines, key);
  if (!line) return default_setting(key);
  auto words = split_words(second_field(line->text));
  if (words.empty()) return default_setting(key);
  return {.key = std::string(key),
          .words = std::move(words),
          .is_default = false,
          .line = line->number};
}

/// Several words are several URLs to curl, of which the second is none.
std::optional<Url> fetchable(const Setting& url) {
  if (url.words.size() != 1) return std::nullopt;
  auto parsed = Url::parse(url.words[0]);
  return parsed ? std::optional(*std::move(parsed)) : std::nullopt;
}

/// The shell hands `sha256sum` the first word only.
std::optional<Sha256> digest_of(const Setting& sha256) {
  if (sha256.words.empty()) return std::nullopt;
  const auto parsed = Sha256::parse(sha256.words[0]);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

Download make_download(Download::What what, const Setting& url, const Setting& filename,
                       const Setting& sha256) {
  return {.what = what,
          .url_text = url.text(),
          .url = fetchable(url),
          .filename = filename.text(),
          .sha256 = digest_of(sha256)};
}

}  // namespace

std::string Setting::text() const {
  return fmt::format("{}", fmt::join(words, " "));
}

SparkRuntime read_spark_runtime(std::string_view text) {
  const Lines lines = is_binary(text) ? Lines{} : split_lines(text);

  SparkRuntime runtime;
  runtime.jdk_url = read_setting(lines, "JDK_URL");
  runtime.jdk_filename = read_setting(lines, "JDK_FILENAME");
  runtime.jdk_sha256 = read_setting(lines, "JDK_SHA256");
  runtime.spark_url = read_setting(lines, "SPARK_URL");
  runtime.spark_filename = read_setting(lines, "SPARK_FILENAME");
  runtime.spark_sha256 = read_setting(lines, "SPARK_SHA256");
  runtime.cache_disabled = read_setting(lines, "CACHE_DISABLED");
  runtime.cache_is_disabled = runtime.cache_disabled.text() == "true";
  runtime.downloads = {
      make_download(Download::What::Jdk, runtime.jdk_url, runtime.jdk_filename, runtime.jdk_sha256),
      make_download(Download::What::Spark, runtime.spark_url, runtime.spark_filename,
                    runtime.spark_sha256)};
  runtime.findings = find_in_spark_runtime(text, runtime);
  return runtime;
}

std::vector<std::string> buildpack_words(std::string_view text, std::string_view key) {
  if (is_binary(text)) return {};
  const Lines lines = split_lines(text);
  const Line* const line = deciding_line(lines, key);
  return line ? split_words(second_field(line->text)) : std::vector<std::string>{};
}

}  // namespace stagecache::manifest
