#include "json.h"

#include "json_parts.h"

namespace stagecache::admin {
namespace {

namespace json = boost::json;

json::array list_of(const Findings& findings) {
  json::array list;
  for (const Finding& finding : findings) list.push_back(admin::to_json(finding));
  return list;
}

std::string_view to_string(prefetch::JobStatus::State state) {
  switch (state) {
    case prefetch::JobStatus::State::Running: return "running";
    case prefetch::JobStatus::State::Ready: return "ready";
    case prefetch::JobStatus::State::Failed: return "failed";
  }
  return "failed";
}

std::string_view to_string(prefetch::ItemStatus::State state) {
  switch (state) {
    case prefetch::ItemStatus::State::Queued: return "queued";
    case prefetch::ItemStatus::State::Filling: return "filling";
    case prefetch::ItemStatus::State::Verifying: return "verifying";
    case prefetch::ItemStatus::State::Ready: return "ready";
    case prefetch::ItemStatus::State::Failed: return "failed";
  }
  return "failed";
}

json::object object_of(const prefetch::ItemStatus& item) {
  const std::optional<Sha256> sha256 = item.sha256 ? item.sha256 : item.item.sha256;
  return {{"url", text_of(item.item.url)},
          {"state", to_string(item.state)},
          {"sha256", sha256 ? json::value(sha256->hex()) : json::value(nullptr)},
          {"size", item.size ? json::value(*item.size) : json::value(nullptr)},
          {"received", item.received},
          {"pin", item.item.pin},
          {"error", or_null(item.error)},
          {"strength", or_null(item.strength)},
          {"findings", list_of(item.findings)},
          {"archive", admin::to_json(item.archive)}};
}

Result<prefetch::WarmItem> parse_item(const json::value& value) {
  const json::object* item = value.if_object();
  const json::value* url = item != nullptr ? item->if_contains("url") : nullptr;
  if (url == nullptr || !url->is_string())
    return fail(ErrorCode::BadInput, "an item of \"items\" needs a string \"url\"");
  prefetch::WarmItem wanted{.url = std::string(url->get_string())};
  if (const json::value* sha256 = item->if_contains("sha256"); sha256 && !sha256->is_null()) {
    if (!sha256->is_string()) return fail(ErrorCode::BadInput, "\"sha256\" is no string");
    const auto digest = Sha256::parse(std::string_view(sha256->get_string()));
    if (!digest) return std::unexpected(digest.error());
    wanted.sha256 = *digest;
  }
  if (const json::value* pin = item->if_contains("pin"); pin && !pin->is_null()) {
    if (!pin->is_bool()) return fail(ErrorCode::BadInput, "\"pin\" is neither true nor false");
    wanted.pin = pin->get_bool();
  }
  return wanted;
}

/// Before the memory is spent, not after.
Status check_count(const std::vector<prefetch::WarmItem>& items) {
  if (items.size() <= prefetch::kItemsPerJob) return {};
  return fail(ErrorCode::BadInput,
              "more items than a job takes (" + std::to_string(prefetch::kItemsPerJob) + ")");
}

Status append_items(const json::object& body, std::vector<prefetch::WarmItem>& items) {
  const json::value* list = body.if_contains("items");
  if (list == nullptr) return {};
  if (!list->is_array()) return fail(ErrorCode::BadInput, "\"items\" is no list");
  for (const json::value& value : list->get_array()) {
    RETURN_IF_ERROR(check_count(items));
    auto item = parse_item(value);
    if (!item) return error_of(std::move(item));
    items.push_back(*std::move(item));
  }
  return {};
}

using ItemsOf = Result<std::vector<prefetch::WarmItem>> (*)(std::string_view text);

/// "pin" beside the texts holds for all that they name.
Status append_texts(const json::object& body, const char* field, ItemsOf items_of,
                    std::vector<prefetch::WarmItem>& items) {
  const json::value* list = body.if_contains(field);
  if (list == nullptr) return {};
  const auto no_list = [field] {
    return fail(ErrorCode::BadInput, "\"" + std::string(field) + "\" is no list of texts");
  };
  if (!list->is_array()) return no_list();
  const json::value* pin = body.if_contains("pin");
  if (pin != nullptr && !pin->is_null() && !pin->is_bool())
    return fail(ErrorCode::BadInput, "\"pin\" is neither true nor false");
  for (const json::value& text : list->get_array()) {
    RETURN_IF_ERROR(check_count(items));
    if (!text.is_string()) return no_list();
    auto named = items_of(std::string_view(text.get_string()));
    if (!named) return fail(ErrorCode::BadInput, std::move(named).error().message);
    for (prefetch::WarmItem& item : *named) {
      if (pin != nullptr && pin->is_bool()) item.pin = pin->get_bool();
      items.push_back(std::move(item));
    }
  }
  return {};
}

}  // namespace

json::object to_json(const Finding& finding) {
  return {{"line", finding.line},
          {"column", finding.column},
          {"severity", stagecache::to_string(finding.severity)},
          {"text", text_of(finding.text)},
          {"fix", or_null(finding.fix)}};
}

json::value to_json(const ArchiveSummary& archive) {
  if (archive.kind == ArchiveSummary::Kind::Unknown) return nullptr;
  return json::object{
      {"kind", archive.kind == ArchiveSummary::Kind::Tar ? "tar" : "not an archive"},
      {"top_folder", or_null(archive.top_folder)},
      {"entries", archive.entries},
      {"extracted_bytes", archive.extracted_bytes},
      {"java_path", or_null(archive.java_path)},
      {"spark_submit_path", or_null(archive.spark_submit_path)},
      {"findings", list_of(archive.findings)}};
}

json::object to_json(const prefetch::JobStatus& job) {
  json::array items;
  for (const prefetch::ItemStatus& item : job.items) items.push_back(object_of(item));
  return {{"id", job.id}, {"state", to_string(job.state)}, {"items", std::move(items)}};
}

json::array to_json(const std::vector<upstream::HostUse>& hosts) {
  json::array list;
  for (const upstream::HostUse& host : hosts)
    list.push_back(json::object{
        {"host", host.host},
        {"connections", host.connections},
        {"weekly_bytes", host.weekly_bytes},
        {"used_bytes", host.used_bytes},
        {"resets_at", host.resets_at ? json::value(to_rfc3339(*host.resets_at)) : nullptr}});
  return list;
}

json::object to_json(const Error& error) {
  return {{"error",
           {{"code", stagecache::to_string(error.code)}, {"message", text_of(error.message)}}}};
}

Result<std::vector<prefetch::WarmItem>> parse_warm_request(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return fail(ErrorCode::BadInput, "the body is no JSON: " + error.message());
  const json::object* body = parsed.if_object();
  if (body == nullptr) return fail(ErrorCode::BadInput, "the body is no JSON object");
  std::vector<prefetch::WarmItem> items;
  RETURN_IF_ERROR(append_items(*body, items));
  RETURN_IF_ERROR(append_texts(
      *body, "spark_runtime",
      [](std::string_view file) -> Result<std::vector<prefetch::WarmItem>> {
        return prefetch::items_of_spark_runtime(file);
      },
      items));
  RETURN_IF_ERROR(
      append_texts(*body, "buildpack_manifest", prefetch::items_of_buildpack_manifest, items));
  return items;
}

}  // namespace stagecache::admin
