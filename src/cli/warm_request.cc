#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/warm.h"
#include "stagecache/base/file_system.h"
#include "stagecache/manifest/buildpack_manifest.h"
#include "stagecache/manifest/spark_runtime.h"
#include "stagecache/model/sha256.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kSparkRuntime = "spark_runtime.txt";
constexpr std::string_view kManifest = "manifest.yml";
constexpr std::string_view kDigestMark = "#sha256=";

struct Request {
  json::array items;
  json::array spark_runtime;
  json::array buildpack_manifest;
};

json::object item_of(std::string_view url, std::string_view sha256, const Arguments& arguments) {
  json::object item{{"url", url}, {"pin", !arguments.no_pin}};
  if (!sha256.empty()) item["sha256"] = sha256;
  return item;
}

Status add_url(const std::string& target, const Arguments& arguments, Request& request) {
  const std::size_t mark = target.find('#');
  const std::string url = target.substr(0, mark);
  if (mark == target.npos) {
    request.items.push_back(item_of(url, "", arguments));
    return {};
  }
  const std::string fragment = target.substr(mark);
  const auto digest =
      Sha256::parse(fragment.starts_with(kDigestMark) ? fragment.substr(kDigestMark.size()) : "");
  if (!digest)
    return fail(ErrorCode::BadInput,
                fmt::format("{}: what follows the # is no sha256= and 64 hex digits", target));
  request.items.push_back(item_of(url, digest->hex(), arguments));
  return {};
}

/// Where nothing is to be pinned the file is read here: the daemon pins what a
/// spark_runtime.txt names.
void add_unpinned(std::string_view text, const Arguments& arguments, Request& request) {
  for (const auto& download : manifest::read_spark_runtime(text).downloads)
    request.items.push_back(
        item_of(download.url_text, download.sha256 ? download.sha256->hex() : "", arguments));
}

/// True when `file` is a buildpack's manifest.yml, which then is asked for; false for
/// another kind of manifest.yml, such as an app's.
Result<bool> add_manifest(const fs::path& file, Request& request) {
  auto text = read_file(file, manifest::kMaxBuildpackManifestBytes);
  if (!text) return error_of(std::move(text));
  const auto dependencies = manifest::read_buildpack_manifest(*text);
  if (!dependencies && dependencies.error().code == ErrorCode::NotFound) return false;
  if (!dependencies) return std::unexpected(Error(dependencies.error()).in(file.string()));
  request.buildpack_manifest.push_back(json::value(*text));
  return true;
}

Status add_spark_runtime(const fs::path& file, const Arguments& arguments, Request& request) {
  auto text = read_file(file, manifest::kMaxSparkRuntimeBytes);
  if (!text) return error_of(std::move(text));
  if (arguments.no_pin) add_unpinned(*text, arguments, request);
  else request.spark_runtime.push_back(json::value(*text));
  return {};
}

Status add_file(const fs::path& file, const Arguments& arguments, Request& request) {
  if (file.extension() != ".yml" && file.extension() != ".yaml")
    return add_spark_runtime(file, arguments, request);
  const auto is_manifest = add_manifest(file, request);
  if (!is_manifest) return std::unexpected(is_manifest.error());
  if (*is_manifest) return {};
  return fail(
      ErrorCode::BadInput,
      fmt::format("{}: no buildpack's manifest.yml: it names no dependencies", file.string()));
}

Status add_folder(const fs::path& folder, const Arguments& arguments, Request& request) {
  std::vector<fs::path> files;
  bool found = false;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error))
    if ((it->path().filename() == kSparkRuntime || it->path().filename() == kManifest) &&
        it->is_regular_file(error))
      files.push_back(it->path());
  if (error) return std::unexpected(errno_error(folder.string(), error.value()));
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    const bool is_runtime = file.filename() == kSparkRuntime;
    if (is_runtime) RETURN_IF_ERROR(add_spark_runtime(file, arguments, request));
    const auto is_manifest = is_runtime ? false : add_manifest(file, request);
    if (!is_manifest) return std::unexpected(is_manifest.error());
    found = found || is_runtime || *is_manifest;
  }
  if (found) return {};
  return fail(ErrorCode::NotFound, fmt::format("{}: no {} and no buildpack's {} in it",
                                               folder.string(), kSparkRuntime, kManifest));
}

Status add_target(const std::string& target, const Arguments& arguments, Request& request) {
  if (target.find("://") != target.npos) return add_url(target, arguments, request);
  std::error_code error;
  if (fs::is_directory(target, error)) return add_folder(target, arguments, request);
  if (fs::exists(target, error)) return add_file(target, arguments, request);
  return fail(ErrorCode::BadInput, fmt::format("{}: neither a file nor a URL", target));
}

}  // namespace

Result<std::string> warm_request(const Arguments& arguments) {
  Request request;
  for (const std::string& target : arguments.targets)
    RETURN_IF_ERROR(add_target(target, arguments, request));
  json::object body;
  if (!request.items.empty()) body["items"] = std::move(request.items);
  if (!request.spark_runtime.empty()) body["spark_runtime"] = std::move(request.spark_runtime);
  if (!request.buildpack_manifest.empty()) {
    body["buildpack_manifest"] = std::move(request.buildpack_manifest);
    body["pin"] = !arguments.no_pin;  // Of what these texts name.
  }
  return json::serialize(body);
}

}  // namespace stagecache::cli
