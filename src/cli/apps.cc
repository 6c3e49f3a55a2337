#include "cli/apps.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "stagecache/base/file_system.h"
#include "stagecache/manifest/buildpack_manifest.h"
#include "stagecache/manifest/spark_runtime.h"

namespace stagecache::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSparkRuntime = "spark_runtime.txt";
constexpr std::string_view kManifest = "manifest.yml";
constexpr std::string_view kDigestMark = "#sha256=";

Result<App> app_of_runtime(const fs::path& file) {
  const auto text = read_file(file, manifest::kMaxSparkRuntimeBytes);
  if (!text) return std::unexpected(text.error());
  App app{.name = file.string(), .downloads = {}};
  for (const auto& download : manifest::read_spark_runtime(*text).downloads)
    app.downloads.push_back({download.url_text, download.sha256 ? download.sha256->hex() : ""});
  return app;
}

/// Fails with NotFound for a manifest.yml of another kind, such as an app's.
Result<App> app_of_manifest(const fs::path& file) {
  const auto text = read_file(file, manifest::kMaxBuildpackManifestBytes);
  if (!text) return std::unexpected(text.error());
  const auto dependencies = manifest::read_buildpack_manifest(*text);
  if (!dependencies) return std::unexpected(Error(dependencies.error()).in(file.string()));
  App app{.name = file.string(), .downloads = {}};
  for (const auto& dependency : *dependencies)
    app.downloads.push_back({dependency.uri, dependency.sha256 ? dependency.sha256->hex() : ""});
  return app;
}

Result<App> app_of_file(const fs::path& file) {
  const bool is_yaml = file.extension() == ".yml" || file.extension() == ".yaml";
  return is_yaml ? app_of_manifest(file) : app_of_runtime(file);
}

App app_of_url(const std::string& target) {
  const std::size_t mark = target.find(kDigestMark);
  return {.name = target,
          .downloads = {{target.substr(0, mark),
                         mark == target.npos ? "" : target.substr(mark + kDigestMark.size())}}};
}

Status add_folder(const fs::path& folder, std::vector<App>& apps) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error))
    if ((it->path().filename() == kSparkRuntime || it->path().filename() == kManifest) &&
        it->is_regular_file(error))
      files.push_back(it->path());
  if (error) return std::unexpected(errno_error(folder.string(), error.value()));
  std::ranges::sort(files);
  const std::size_t before = apps.size();
  for (const fs::path& file : files) {
    auto app = app_of_file(file);
    if (!app && app.error().code == ErrorCode::NotFound) continue;
    if (!app) return error_of(std::move(app));
    apps.push_back(*std::move(app));
  }
  if (apps.size() > before) return {};
  return fail(ErrorCode::NotFound, fmt::format("{}: no {} and no buildpack's {} in it",
                                               folder.string(), kSparkRuntime, kManifest));
}

Status add_target(const std::string& target, std::vector<App>& apps) {
  if (target.contains("://")) {
    apps.push_back(app_of_url(target));
    return {};
  }
  std::error_code error;
  if (fs::is_directory(target, error)) return add_folder(target, apps);
  if (!fs::exists(target, error))
    return fail(ErrorCode::BadInput, fmt::format("{}: neither a file nor a URL", target));
  auto app = app_of_file(target);
  if (!app) return error_of(std::move(app));
  apps.push_back(*std::move(app));
  return {};
}

}  // namespace

Result<std::vector<App>> apps_named(const std::vector<std::string>& targets) {
  std::vector<App> apps;
  for (const std::string& target : targets) RETURN_IF_ERROR(add_target(target, apps));
  return apps;
}

}  // namespace stagecache::cli
