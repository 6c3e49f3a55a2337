#include "cli/answers.h"

#include <fmt/format.h>

#include "cli/json_parts.h"
#include "cli/render.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;

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
