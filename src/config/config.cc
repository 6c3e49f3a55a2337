#include "stagecache/config/config.h"

#include <fmt/format.h>

#include "config/apply.h"
#include "config/nearest.h"
#include "stagecache/base/file_system.h"

namespace stagecache::config {
namespace {

/// A configuration is a page; a larger file is the wrong file.
constexpr std::uint64_t kMaxFileBytes = 1 << 20;

/// Where we are in the file, for errors.
struct Place {
  std::string_view file;
  std::string_view section;

  std::unexpected<Error> wrong(std::uint32_t line, std::string_view what) const {
    return fail(ErrorCode::BadInput, line > 0 ? fmt::format("{}:{}: {}", file, line, what)
                                              : fmt::format("{}: {}", file, what));
  }
};

template <class Target>
const Option<Target>* find(const std::vector<Option<Target>>& rows, std::string_view section,
                           std::string_view key) {
  for (const Option<Target>& row : rows)
    if (row.section == section && row.key == key) return &row;
  return nullptr;
}

template <class Target>
std::vector<std::string_view> keys_of(const std::vector<Option<Target>>& rows,
                                      std::string_view section) {
  std::vector<std::string_view> keys;
  for (const Option<Target>& row : rows)
    if (row.section == section) keys.push_back(row.key);
  return keys;
}

/// A key that is right but stands in the wrong section is named with its section.
std::string suggestion(std::string_view key, const std::vector<std::string_view>& keys) {
  const std::string_view near = nearest(key, keys);
  if (edit_distance(key, near) <= 2) return std::string(near);
  for (const Option<Config>& option : options())
    if (option.key == key) return fmt::format("[{}] {}", option.section, key);
  return std::string(near);
}

/// The default shows best what an option takes, unless it is empty.
template <class Target>
std::string_view telling_value(const Option<Target>& row) {
  const bool empty =
      row.default_toml.empty() || row.default_toml == "[]" || row.default_toml == "\"\"";
  return empty ? row.example : row.default_toml;
}

template <class Target>
Status apply_entry(const Place& place, const std::vector<Option<Target>>& rows,
                   std::string_view key, const Raw& raw, Target& target) {
  const Option<Target>* row = find(rows, place.section, key);
  if (!row)
    return place.wrong(raw.line, fmt::format("unknown key {}.{} (did you mean {}?)", place.section,
                                             key, suggestion(key, keys_of(rows, place.section))));
  const auto set = set_option(*row, raw, target);
  if (set) return {};
  return place.wrong(raw.line,
                     wants(fmt::format("{}.{}", place.section, key), row->limits.type,
                           fmt::format("{} = {}", key, telling_value(*row)), set.error()));
}

Status check_complete(const Place& place, std::uint32_t line, const Host& host) {
  if (!host.name.empty()) return {};
  return place.wrong(line,
                     "[[upstream.host]] needs a name, for example name = \"repo.example.org\"");
}

Status check_complete(const Place& place, std::uint32_t line, const Mirror& mirror) {
  if (mirror.prefix.empty() || mirror.also.empty())
    return place.wrong(line, "[[mirror]] needs both prefix and also");
  for (const std::string& also : mirror.also)
    if (also.contains('{') && !mirror.prefix.contains('{'))
      return place.wrong(line, "[[mirror]] also has a {version} that its prefix does not have");
  return {};
}

Status check_complete(const Place& place, std::uint32_t line, const Warm& warm) {
  if (warm.url.empty() == warm.spark_runtime.empty())
    return place.wrong(line, "[[warm]] needs either url or spark_runtime");
  if (!warm.sha256.empty() && warm.url.empty())
    return place.wrong(line, "[[warm]] sha256 belongs to a url; spark_runtime has its own");
  return {};
}

template <class Target>
Status apply_tables(const Place& place, const std::vector<Option<Target>>& rows, const Raw& raw,
                    std::vector<Target>& targets) {
  if (raw.kind != Raw::Kind::List)
    return place.wrong(
        raw.line,
        fmt::format("write [[{}]], with two brackets: there may be several", place.section));
  for (const Raw& table : raw.list)
    if (table.kind != Raw::Kind::Table)
      return place.wrong(raw.line,
                         fmt::format("{} holds tables: [[{}]]", place.section, place.section));
  for (const Raw& table : raw.list) {
    Target target;
    for (const Raw& value : table.list)
      RETURN_IF_ERROR(apply_entry(place, rows, value.key, value, target));
    RETURN_IF_ERROR(check_complete(place, table.line, target));
    targets.push_back(std::move(target));
  }
  return {};
}

Status apply_section(const Place& place, const Raw& section, Config& config) {
  if (section.kind != Raw::Kind::Table)
    return place.wrong(section.line,
                       fmt::format("{} is a section: [{}]", place.section, place.section));
  for (const Raw& value : section.list) {
    if (place.section == "upstream" && value.key == "host")
      RETURN_IF_ERROR(
          apply_tables({place.file, "upstream.host"}, host_options(), value, config.hosts));
    else RETURN_IF_ERROR(apply_entry(place, options(), value.key, value, config));
  }
  return {};
}

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names{"mirror", "warm"};
  for (const Section& section : sections()) names.push_back(section.name);
  return names;
}

Status apply_top_level(std::string_view file, std::string_view name, const Raw& raw,
                       Config& config) {
  const Place place{file, name};
  if (name == "mirror") return apply_tables(place, mirror_options(), raw, config.mirrors);
  if (name == "warm") return apply_tables(place, warm_options(), raw, config.warm);
  for (const Section& section : sections())
    if (section.name == name) return apply_section(place, raw, config);
  for (const Option<Config>& option : options())
    if (option.key == name && raw.kind != Raw::Kind::Table)
      return place.wrong(
          raw.line, fmt::format("{} stands outside of its section [{}]", name, option.section));
  return place.wrong(raw.line, fmt::format("unknown section {} (did you mean {}?)", name,
                                           nearest(name, section_names())));
}

}  // namespace

std::string wants(std::string_view option, OptionType type, std::string_view example,
                  const Error& why) {
  return fmt::format("{} wants {}{}: {}", option, describe(type),
                     example.empty() ? "" : fmt::format(", for example {}", example), why.message);
}

Status check_tls(const Config& config) {
  if (config.self_signed && !config.certificates.empty())
    return fail(ErrorCode::BadInput,
                "--self-signed makes a certificate of its own: take it or [tls] certificate away");
  if (config.certificates.size() != config.keys.size())
    return fail(ErrorCode::BadInput,
                fmt::format("[tls] certificate names {} files and key {}: each certificate needs "
                            "its key, in the same order",
                            config.certificates.size(), config.keys.size()));
  if (!config.data_tls.empty() && config.certificates.empty() && !config.self_signed)
    return fail(ErrorCode::BadInput,
                "[listen] data_tls needs [tls] certificate and key; to try TLS without any: "
                "stagecache serve --self-signed");
  return {};
}

Result<Config> parse(std::string_view toml, std::string_view name, const Environment& env) {
  auto document = read_toml(toml, name);
  if (!document) return error_of(std::move(document));
  Config config;
  for (const Raw& section : document->list)
    RETURN_IF_ERROR(apply_top_level(name, section.key, section, config));
  RETURN_IF_ERROR(apply_environment(env, config));
  return config;
}

Result<Config> load(const std::optional<std::filesystem::path>& file, const Environment& env) {
  if (!file) return parse("", "", env);
  auto text = read_file(*file, kMaxFileBytes);
  if (!text) return std::unexpected(std::move(text).error().in("configuration"));
  return parse(*text, file->string(), env);
}

}  // namespace stagecache::config
