#include "stagecache/manifest/buildpack_manifest.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "stagecache/model/url.h"

namespace stagecache::manifest {
namespace {

constexpr std::size_t kShownBytes = 200;  // Of a value in a message.

std::uint32_t from_one(int zero_based) {
  return zero_based < 0 ? 0 : static_cast<std::uint32_t>(zero_based) + 1;
}

/// On one line, without controls, not endless.
std::string shown(std::string text) {
  text.resize(std::min(text.size(), kShownBytes));
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

/// The field's text; "" when it is not there or no scalar.
std::string field(const YAML::Node& entry, const char* name) {
  const YAML::Node value = entry[name];
  return value && value.IsScalar() ? value.Scalar() : "";
}

void add_finding(Dependency& dependency, const YAML::Node& at, Severity severity,
                 std::string text) {
  const YAML::Mark mark = at.Mark();
  dependency.findings.push_back({.line = from_one(mark.line),
                                 .column = from_one(mark.column),
                                 .severity = severity,
                                 .text = std::move(text),
                                 .fix = ""});
}

/// It will not be downloaded, and this is why.
void reject(Dependency& dependency, const YAML::Node& at, std::string why) {
  add_finding(dependency, at, Severity::Error, why);
  if (dependency.error.empty())
    dependency.error = fmt::format("manifest.yml line {}: {}", from_one(at.Mark().line), why);
}

void read_uri(const YAML::Node& entry, Dependency& dependency) {
  dependency.uri = field(entry, "uri");
  if (dependency.uri.empty()) return reject(dependency, entry, "the dependency has no uri");
  if (const auto url = Url::parse(dependency.uri); !url)
    reject(dependency, entry["uri"], shown(url.error().message));
}

void read_sha256(const YAML::Node& entry, Dependency& dependency) {
  const std::string hex = field(entry, "sha256");
  if (hex.empty())
    return add_finding(dependency, entry, Severity::Warning,
                       "no sha256: what comes first is taken for the right bytes");
  const auto sha256 = Sha256::parse(hex);
  if (sha256) dependency.sha256 = *sha256;
  else reject(dependency, entry["sha256"], fmt::format("'{}' is no SHA-256", shown(hex)));
}

Dependency read_dependency(const YAML::Node& entry) {
  Dependency dependency{.line = from_one(entry.Mark().line)};
  if (!entry.IsMap()) {
    reject(dependency, entry, "the dependency is no map of name, version, uri, sha256");
    return dependency;
  }
  dependency.name = field(entry, "name");
  dependency.version = field(entry, "version");
  read_uri(entry, dependency);
  read_sha256(entry, dependency);
  return dependency;
}

/// The same download, as when each stack has an entry of its own.
bool is_again(const Dependency& dependency, const Dependencies& before) {
  return dependency.error.empty() && std::ranges::any_of(before, [&](const Dependency& other) {
           return other.error.empty() && other.uri == dependency.uri &&
                  other.sha256 == dependency.sha256;
         });
}

Result<Dependencies> read_list(const YAML::Node& list) {
  if (list.size() > kMaxDependencies)
    return fail(ErrorCode::BadInput, fmt::format("{} dependencies are more than can be warmed ({})",
                                                 list.size(), kMaxDependencies));
  Dependencies dependencies;
  for (const YAML::Node& entry : list) {
    Dependency dependency = read_dependency(entry);
    if (!is_again(dependency, dependencies)) dependencies.push_back(std::move(dependency));
  }
  return dependencies;
}

/// A template of something else need not be YAML.
bool names_dependencies(std::string_view text) {
  constexpr std::string_view kKey = "dependencies:";
  return text.starts_with(kKey) || text.find("\n" + std::string(kKey)) != std::string_view::npos;
}

std::unexpected<Error> another_kind() {
  return fail(ErrorCode::NotFound, "no list of dependencies in it: no buildpack's manifest.yml");
}

}  // namespace

Result<Dependencies> read_buildpack_manifest(std::string_view text) {
  if (text.size() > kMaxBuildpackManifestBytes)
    return fail(ErrorCode::BadInput, fmt::format("{} bytes are more than a manifest.yml has ({})",
                                                 text.size(), kMaxBuildpackManifestBytes));
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsMap()) {
      const YAML::Node list = root["dependencies"];
      if (list && list.IsSequence() && list.size() > 0) return read_list(list);
    }
  } catch (const YAML::Exception& error) {
    if (!names_dependencies(text)) return another_kind();
    return fail(ErrorCode::BadInput,
                fmt::format("line {}, column {}: {}", from_one(error.mark.line),
                            from_one(error.mark.column), shown(error.msg)));
  }
  return another_kind();
}

}  // namespace stagecache::manifest
