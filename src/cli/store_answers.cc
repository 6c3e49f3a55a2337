#include "cli/store_answers.h"

#include <fmt/format.h>

#include "cli/answers.h"
#include "cli/json_parts.h"
#include "stagecache/model/quantity.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;

/// What follows the last '/' of a URL's path.
std::string base_name(std::string_view url) {
  url = url.substr(0, url.find('?'));
  const std::size_t slash = url.rfind('/');
  return std::string(slash == url.npos ? url : url.substr(slash + 1));
}

std::string name_of(const json::object& artifact) {
  if (std::string name = text_of(artifact, "name"); !name.empty()) return name;
  const json::array& sources = list_of(artifact, "sources");
  if (sources.empty()) return "";
  const json::value& first = sources.front();
  if (first.is_string()) return base_name(first.as_string());
  return first.is_object() ? base_name(text_of(first.as_object(), "url")) : "";
}

/// As the sources come from the daemon: "declared" above "published" above "first seen".
std::string strength_of(const json::object& artifact) {
  std::string strongest;
  for (const json::value& source : list_of(artifact, "sources")) {
    if (!source.is_object()) continue;
    const std::string strength = text_of(source.as_object(), "strength");
    const std::string published = text_of(source.as_object(), "published");
    if (strength == "declared") return strength;
    if (strength == "published") strongest = strength + (published.empty() ? "" : " " + published);
    else if (strongest.empty()) strongest = strength;
  }
  return strongest;
}

/// The name of {"sha256","name"}, its digest where it has none; "" for nothing.
std::string known_as(const json::object& artifact) {
  std::string name = text_of(artifact, "name");
  return name.empty() ? text_of(artifact, "sha256") : name;
}

ArtifactRow row_in(const json::object& object) {
  ArtifactRow row;
  row.sha256 = text_of(object, "sha256");
  row.name = name_of(object);
  row.size = number_of(object, "size").value_or(0);
  row.stored_bytes = number_of(object, "stored_bytes").value_or(0);
  for (const json::value& form : list_of(object, "forms"))
    if (form.is_string()) row.forms.emplace_back(form.as_string());
  row.base = known_as(object_of(object, "base"));
  row.dependants = list_of(object, "dependants").size();
  row.pinned = flag_of(object, "pinned");
  row.last_used = text_of(object, "last_used");
  row.strength = strength_of(object);
  return row;
}

std::vector<Stats::Budget> budgets_in(const json::object& stats) {
  std::vector<Stats::Budget> budgets;
  for (const json::value& host : list_of(stats, "hosts")) {
    if (!host.is_object()) continue;
    const json::object& object = host.as_object();
    const std::uint64_t weekly = number_of(object, "weekly_bytes").value_or(0);
    if (weekly > 0)
      budgets.push_back({.host = text_of(object, "host"),
                         .weekly_bytes = weekly,
                         .used_bytes = number_of(object, "used_bytes").value_or(0)});
  }
  return budgets;
}

/// "packing spark.tgz, 45 %, paused"; "" for nothing.
std::string packing_in(const json::object& packing) {
  const std::string name = text_of(packing, "name");
  if (name.empty()) return "";
  return fmt::format("{} {}, {} %{}", text_of(packing, "doing"), name,
                     number_of(packing, "percent").value_or(0),
                     flag_of(packing, "paused") ? ", paused" : "");
}

/// "name sha256", for one that is named in another's outline.
std::string named(const json::value& artifact) {
  if (!artifact.is_object()) return "none";
  return text_of(artifact.as_object(), "name") + " " + text_of(artifact.as_object(), "sha256");
}

/// "316.7 MiB (332127332 bytes)"
void make_readable(json::object& artifact, std::string_view key) {
  const auto bytes = number_of(artifact, key);
  if (bytes) artifact[key] = fmt::format("{} ({} bytes)", format_size(*bytes), *bytes);
}

}  // namespace

Result<std::vector<ArtifactRow>> read_artifacts(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  const json::value* list = object->if_contains("artifacts");
  if (!list || !list->is_array()) return strange("has no list of artifacts");
  std::vector<ArtifactRow> rows;
  for (const json::value& value : list->as_array())
    if (value.is_object()) rows.push_back(row_in(value.as_object()));
  return rows;
}

Result<Stats> read_stats(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  if (!object->contains("quota_bytes")) return strange("has no statistics");
  const auto count = [&](std::string_view key) { return number_of(*object, key).value_or(0); };
  return Stats{.quota_bytes = count("quota_bytes"),
               .used_bytes = count("used_bytes"),
               .reserved_bytes = count("reserved_bytes"),
               .logical_bytes = count("logical_bytes"),
               .raw_bytes = count("raw_bytes"),
               .packed_bytes = count("packed_bytes"),
               .shared_bytes = count("shared_bytes"),
               .artifacts = count("artifacts"),
               .packed_artifacts = count("packed_artifacts"),
               .pinned = count("pinned"),
               .pinned_bytes = count("pinned_bytes"),
               .hits = count("hits"),
               .misses = count("misses"),
               .follows = count("follows"),
               .packed_hits = count("packed_hits"),
               .fills = count("fills"),
               .fill_failures = count("fill_failures"),
               .evictions = count("evictions"),
               .upstream_bytes = count("upstream_bytes"),
               .served_bytes = count("served_bytes"),
               .packs = count("packs"),
               .pack_failures = count("pack_failures"),
               .promotions = count("promotions"),
               .packing = packing_in(object_of(*object, "packing")),
               .offline = flag_of(*object, "offline"),
               .budgets = budgets_in(*object)};
}

Result<std::string> artifact_outline(std::string_view text) {
  auto artifact = object_in(text);
  if (!artifact) return error_of(std::move(artifact));
  for (const char* const key : {"size", "stored_bytes", "raw_bytes", "packed_bytes"})
    make_readable(*artifact, key);
  if (const json::value* base = artifact->if_contains("base")) (*artifact)["base"] = named(*base);
  json::array dependants;
  for (const json::value& dependant : list_of(*artifact, "dependants"))
    dependants.push_back(json::string(named(dependant)));
  if (dependants.empty()) (*artifact)["dependants"] = "none";
  else (*artifact)["dependants"] = std::move(dependants);
  return outline(json::serialize(*artifact));
}

}  // namespace stagecache::cli
