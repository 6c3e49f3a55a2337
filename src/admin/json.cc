#include "json.h"

#include "utf8.h"

namespace stagecache::admin {
namespace {

namespace json = boost::json;

/// Texts come from archives, origins and files: what is no UTF-8 would make the
/// whole answer unreadable.
json::string text_of(std::string_view text) {
  return json::string(to_utf8(text));
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text_of(text));
}

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

json::object object_of(const Source& source) {
  return {{"url", text_of(source.url)},
          {"strength", stagecache::to_string(source.strength)},
          {"published", or_null(source.published)},
          {"warmed", source.warmed},
          {"validated_at", to_rfc3339(source.validated_at)},
          {"etag", or_null(source.validators.etag)},
          {"last_modified", or_null(source.validators.last_modified)}};
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

json::object to_json(const store::ArtifactInfo& info, const std::vector<Source>& sources) {
  json::array places;
  for (const Source& source : sources) places.push_back(object_of(source));
  return {{"sha256", info.artifact.sha256.hex()},
          {"sha512", or_null(info.artifact.sha512_hex)},
          {"name", text_of(info.artifact.name)},
          {"size", info.artifact.size},
          {"stored_bytes", info.stored_bytes},
          {"forms", json::array{"raw"}},
          {"sources", std::move(places)},
          {"pinned", info.pinned},
          {"stored_at", to_rfc3339(info.artifact.stored_at)},
          {"last_used", to_rfc3339(info.last_used)},
          {"hits", info.hits},
          {"archive", to_json(info.artifact.archive)}};
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

json::object to_json(const store::Stats& store, const cache::Counters& cache,
                     const upstream::Counters& upstream) {
  return {{"quota_bytes", store.quota.limit},
          {"used_bytes", store.quota.metadata + store.quota.used},
          {"reserved_bytes", store.quota.reserved},
          {"metadata_bytes", store.quota.metadata},
          {"logical_bytes", store.logical_bytes},
          {"artifacts", store.artifacts},
          {"pinned", store.pinned},
          {"pinned_bytes", store.pinned_bytes},
          {"hits", cache.hits},
          {"misses", cache.misses},
          {"follows", cache.follows},
          {"passes", cache.passes},
          {"stale", cache.stale},
          {"fills", cache.fills},
          {"fills_running", cache.fills_running},
          {"fills_resumed", cache.fills_resumed},
          {"fill_failures", cache.fill_failures},
          {"evictions", store.evictions},
          {"readers_cut", store.readers_cut},
          {"upstream_requests", upstream.requests},
          {"upstream_bytes", upstream.bytes},
          {"upstream_retries", upstream.retries},
          {"upstream_resumes", upstream.resumes},
          {"served_bytes", cache.served_bytes},
          {"changed", cache.changed},
          {"store_writable", store.writable},
          {"store_reopens", store.reopens}};
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
