#pragma once
// The apps that were named on the command line, and what each of them downloads.

#include <string>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::cli {

struct AppDownload {
  std::string url;     ///< As curl gets it.
  std::string sha256;  ///< As declared; "" when it is not, or is no SHA-256.
};
struct App {
  std::string name;  ///< The file's path, or the URL.
  std::vector<AppDownload> downloads;
};

/// A target is a spark_runtime.txt, a buildpack's manifest.yml, a folder that is
/// searched for both, or a URL[#sha256=HEX]. Fails with BadInput, NotFound for a folder
/// without any.
Result<std::vector<App>> apps_named(const std::vector<std::string>& targets);

}  // namespace stagecache::cli
