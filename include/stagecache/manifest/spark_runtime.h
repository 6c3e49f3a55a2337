#pragma once
//
// spark_runtime.txt: the PySpark buildpack's list of what an app runs on.
//
// Read exactly as the buildpack reads it, which is a shell pipeline and no
// parser: lines that begin with KEY in any case (a prefix match), the last of
// them, what stands between its first and second '=', its words. See
// docs/spark_runtime.md for the table. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/model/finding.h"
#include "stagecache/model/sha256.h"
#include "stagecache/model/url.h"

namespace stagecache::manifest {

/// Larger files are no spark_runtime.txt.
inline constexpr std::size_t kMaxSparkRuntimeBytes = 1 << 20;

/// One key as the buildpack sees it.
struct Setting {
  std::string key;  ///< "JDK_URL"
  std::vector<std::string>
      words;  ///< What the shell makes of the value; the default's when `is_default`.
  bool is_default = false;
  std::uint32_t line = 0;  ///< Where the value stands, from 1; 0 for a default.

  /// The words with single blanks between them.
  std::string text() const;
};

/// One tarball that the buildpack will download.
struct Download {
  enum class What { Jdk, Spark };
  What what;
  std::string url_text;    ///< As curl gets it.
  std::optional<Url> url;  ///< Empty when it is no URL that we can fetch.
  std::string filename;
  std::optional<Sha256> sha256;  ///< Empty when it is no SHA-256.
};

struct SparkRuntime {
  Setting jdk_url, jdk_filename, jdk_sha256, spark_url, spark_filename, spark_sha256,
      cache_disabled;
  bool cache_is_disabled = false;   ///< CACHE_DISABLED is the exact word "true".
  std::vector<Download> downloads;  ///< Always two: the JDK, then Spark.
  Findings findings;                ///< In the order of their lines.
};

/// Never fails: whatever the text, the buildpack does something with it.
SparkRuntime read_spark_runtime(std::string_view text);

/// Only the buildpack's reading of one key: the words it ends up with, empty
/// when it falls back to its default.
std::vector<std::string> buildpack_words(std::string_view text, std::string_view key);

}  // namespace stagecache::manifest
