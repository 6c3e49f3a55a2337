#include "cli/answers.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/render.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;

std::unexpected<Error> strange(std::string_view what) {
  return fail(ErrorCode::Internal,
              fmt::format("the daemon's answer {}; does --server name a stagecache "
                          "of this version?",
                          what));
}

/// An object, or an error. Nesting is bounded by the parser's own limit (32).
Result<json::object> object_in(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error) return strange("is no JSON");
  if (!value.is_object()) return strange("is no JSON object");
  return std::move(value.as_object());
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::optional<std::uint64_t> number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (!value) return std::nullopt;
  if (value->is_uint64()) return value->as_uint64();
  if (value->is_int64() && value->as_int64() >= 0)
    return static_cast<std::uint64_t>(value->as_int64());
  return std::nullopt;
}

/// The member's elements; empty for anything that is no list.
const json::array& list_of(const json::object& object, std::string_view key) {
  static const json::array kEmpty;
  const json::value* value = object.if_contains(key);
  return value && value->is_array() ? value->as_array() : kEmpty;
}

/// REQUIRES: states are numbered from 0 to `last`, and to_string knows each.
template <class State, class Name>
std::optional<State> state_named(std::string_view name, State last, Name name_of) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (name_of(static_cast<State>(i)) == name) return static_cast<State>(i);
  return std::nullopt;
}

std::string_view job_state_name(Job::State state) {
  switch (state) {
    case Job::State::Running: return "running";
    case Job::State::Ready: return "ready";
    case Job::State::Failed: return "failed";
  }
  return "";
}

Finding finding_in(const json::object& object) {
  Finding finding;
  finding.line = static_cast<std::uint32_t>(number_of(object, "line").value_or(0));
  finding.column = static_cast<std::uint32_t>(number_of(object, "column").value_or(0));
  finding.severity =
      state_named(text_of(object, "severity"), Severity::Error, [](Severity severity) {
        return stagecache::to_string(severity);
      }).value_or(Severity::Warning);
  finding.text = text_of(object, "text");
  finding.fix = text_of(object, "fix");
  return finding;
}

Result<Item> item_in(const json::value& value) {
  if (!value.is_object()) return strange("has an item that is no object");
  const json::object& object = value.as_object();
  const auto state = state_named(text_of(object, "state"), Item::State::Failed,
                                 [](Item::State named) { return to_string(named); });
  if (!state) return strange("has an item in no known state");
  Item item;
  item.url = text_of(object, "url");
  item.state = *state;
  item.sha256 = text_of(object, "sha256");
  item.size = number_of(object, "size");
  item.received = number_of(object, "received").value_or(0);
  item.error = text_of(object, "error");
  item.strength = text_of(object, "strength");
  for (const json::value& finding : list_of(object, "findings"))
    if (finding.is_object()) item.findings.push_back(finding_in(finding.as_object()));
  return item;
}

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

ArtifactRow row_in(const json::object& object) {
  ArtifactRow row;
  row.sha256 = text_of(object, "sha256");
  row.name = name_of(object);
  row.size = number_of(object, "size").value_or(0);
  row.stored_bytes = number_of(object, "stored_bytes").value_or(0);
  for (const json::value& form : list_of(object, "forms"))
    if (form.is_string()) row.forms.emplace_back(form.as_string());
  const json::value* pinned = object.if_contains("pinned");
  row.pinned = pinned && pinned->is_bool() && pinned->as_bool();
  row.last_used = text_of(object, "last_used");
  row.strength = strength_of(object);
  return row;
}

bool is_id(std::string_view id) {
  constexpr std::string_view kAllowed =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  return !id.empty() && id.find_first_not_of(kAllowed) == id.npos;
}

std::string scalar(const json::value& value) {
  if (value.is_string()) return printable(std::string(value.as_string()));
  if (value.is_null()) return "unknown";
  return json::serialize(value);
}

bool is_scalar(const json::value& value) {
  return !value.is_object() && !value.is_array();
}

void outline_value(std::string_view key, const json::value& value, std::size_t depth,
                   std::string& out) {
  const std::string indent(2 * depth, ' ');
  if (is_scalar(value)) {
    out += fmt::format("{}{}: {}\n", indent, printable(key), scalar(value));
    return;
  }
  out += fmt::format("{}{}:\n", indent, printable(key));
  if (value.is_object()) {
    for (const auto& member : value.as_object())
      outline_value(member.key(), member.value(), depth + 1, out);
    return;
  }
  for (const json::value& element : value.as_array()) {
    if (is_scalar(element)) out += fmt::format("{}  {}\n", indent, scalar(element));
    else outline_value("-", element, depth + 1, out);
  }
}

}  // namespace

std::string_view to_string(Item::State state) {
  switch (state) {
    case Item::State::Queued: return "queued";
    case Item::State::Filling: return "filling";
    case Item::State::Verifying: return "verifying";
    case Item::State::Ready: return "ready";
    case Item::State::Failed: return "failed";
  }
  return "";
}

Result<std::string> read_job_id(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  std::string id = text_of(*object, "job");
  if (!is_id(id)) return strange("names no job");
  return id;
}

Result<Job> read_job(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  const auto state = state_named(text_of(*object, "state"), Job::State::Failed, job_state_name);
  if (!state) return strange("has a job in no known state");
  Job job{.id = text_of(*object, "id"), .state = *state, .items = {}};
  for (const json::value& value : list_of(*object, "items")) {
    auto item = item_in(value);
    if (!item) return error_of(std::move(item));
    job.items.push_back(*std::move(item));
  }
  return job;
}

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

static std::vector<Stats::Budget> budgets_in(const json::object& stats) {
  std::vector<Stats::Budget> budgets;
  const json::value* const hosts = stats.if_contains("hosts");
  if (!hosts || !hosts->is_array()) return budgets;
  for (const json::value& host : hosts->as_array()) {
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

Result<Stats> read_stats(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  if (!object->contains("quota_bytes")) return strange("has no statistics");
  const auto count = [&](std::string_view key) { return number_of(*object, key).value_or(0); };
  return Stats{.quota_bytes = count("quota_bytes"),
               .used_bytes = count("used_bytes"),
               .reserved_bytes = count("reserved_bytes"),
               .logical_bytes = count("logical_bytes"),
               .artifacts = count("artifacts"),
               .pinned = count("pinned"),
               .hits = count("hits"),
               .misses = count("misses"),
               .follows = count("follows"),
               .fills = count("fills"),
               .fill_failures = count("fill_failures"),
               .evictions = count("evictions"),
               .upstream_bytes = count("upstream_bytes"),
               .served_bytes = count("served_bytes"),
               .offline = object->contains("offline") && object->at("offline") == true,
               .budgets = budgets_in(*object)};
}

std::optional<std::string> read_error_message(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::nullopt;
  const json::value* error = object->if_contains("error");
  if (!error || !error->is_object()) return std::nullopt;
  std::string message = text_of(error->as_object(), "message");
  if (message.empty()) return std::nullopt;
  return message;
}

Result<std::string> outline(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  std::string out;
  for (const auto& member : *object) outline_value(member.key(), member.value(), 0, out);
  return out;
}

}  // namespace stagecache::cli
