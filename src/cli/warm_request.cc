#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/warm.h"
#include "stagecache/base/file_system.h"
#include "stagecache/manifest/spark_runtime.h"
#include "stagecache/model/sha256.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kFileName = "spark_runtime.txt";
constexpr std::string_view kDigestMark = "#sha256=";

struct Request {
  json::array items;
  json::array spark_runtime;
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

Status add_file(const fs::path& file, const Arguments& arguments, Request& request) {
  auto text = read_file(file, manifest::kMaxSparkRuntimeBytes);
  if (!text) return error_of(std::move(text));
  if (arguments.no_pin) add_unpinned(*text, arguments, request);
  else request.spark_runtime.push_back(json::value(*text));
  return {};
}

Status add_folder(const fs::path& folder, const Arguments& arguments, Request& request) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error))
    if (it->path().filename() == kFileName && it->is_regular_file(error))
      files.push_back(it->path());
  if (error) return std::unexpected(errno_error(folder.string(), error.value()));
  if (files.empty())
    return fail(ErrorCode::NotFound, fmt::format("{}: no {} in it", folder.string(), kFileName));
  std::ranges::sort(files);
  for (const fs::path& file : files) RETURN_IF_ERROR(add_file(file, arguments, request));
  return {};
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
  return json::serialize(body);
}

}  // namespace stagecache::cli
