// What is stored, as JSON: artifacts and how they lie on the disk, the totals, the scrub.

#include "json.h"
#include "json_parts.h"

namespace stagecache::admin {
namespace {

namespace json = boost::json;

json::object object_of(const Source& source) {
  return {{"url", text_of(source.url)},
          {"strength", stagecache::to_string(source.strength)},
          {"published", or_null(source.published)},
          {"warmed", source.warmed},
          {"validated_at", to_rfc3339(source.validated_at)},
          {"etag", or_null(source.validators.etag)},
          {"last_modified", or_null(source.validators.last_modified)}};
}

json::object named(const Sha256& sha256, const NameOf& name_of) {
  return {{"sha256", sha256.hex()}, {"name", text_of(name_of(sha256))}};
}

json::array forms_of(const Artifact& artifact) {
  json::array forms;
  if (artifact.raw_content != 0) forms.push_back("raw");
  if (artifact.packed) forms.push_back("packed");
  return forms;
}

json::object object_of(const cache::ScrubFinding& finding) {
  return {{"sha256", finding.sha256.hex()},           {"name", text_of(finding.name)},
          {"form", store::to_string(finding.form)},   {"text", text_of(finding.text)},
          {"found_at", to_rfc3339(finding.found_at)}, {"state", cache::to_string(finding.state)},
          {"error", or_null(finding.error)}};
}

}  // namespace

json::object to_json(const store::ArtifactInfo& info, const std::vector<Source>& sources,
                     const NameOf& name_of) {
  json::array places, dependants;
  for (const Source& source : sources) places.push_back(object_of(source));
  for (const Sha256& other : info.dependants) dependants.push_back(named(other, name_of));
  const auto& packed = info.artifact.packed;
  return {{"sha256", info.artifact.sha256.hex()},
          {"sha512", or_null(info.artifact.sha512_hex)},
          {"name", text_of(info.artifact.name)},
          {"size", info.artifact.size},
          {"stored_bytes", info.stored_bytes},
          {"raw_bytes", info.raw_bytes},
          {"packed_bytes", info.packed_bytes},
          {"forms", forms_of(info.artifact)},
          {"base", packed && packed->base ? json::value(named(*packed->base, name_of)) : nullptr},
          {"dependants", std::move(dependants)},
          {"sources", std::move(places)},
          {"pinned", info.pinned},
          {"stored_at", to_rfc3339(info.artifact.stored_at)},
          {"last_used", to_rfc3339(info.last_used)},
          {"hits", info.hits},
          {"archive", to_json(info.artifact.archive)}};
}

json::object to_json(const store::Stats& store, const cache::Counters& cache,
                     const upstream::Counters& upstream) {
  return {{"quota_bytes", store.quota.limit},
          {"used_bytes", store.quota.metadata + store.quota.used},
          {"reserved_bytes", store.quota.reserved},
          {"metadata_bytes", store.quota.metadata},
          {"logical_bytes", store.logical_bytes},
          {"raw_bytes", store.raw_bytes},
          {"packed_bytes", store.packed_bytes},
          {"shared_bytes", store.keyframe_bytes},
          {"artifacts", store.artifacts},
          {"packed_artifacts", store.packed_artifacts},
          {"pinned", store.pinned},
          {"pinned_bytes", store.pinned_bytes},
          {"hits", cache.hits},
          {"misses", cache.misses},
          {"follows", cache.follows},
          {"packed_hits", cache.packed_hits},
          {"passes", cache.passes},
          {"stale", cache.stale},
          {"fills", cache.fills},
          {"fills_running", cache.fills_running},
          {"fills_resumed", cache.fills_resumed},
          {"fill_failures", cache.fill_failures},
          {"packs", cache.packs},
          {"pack_failures", cache.pack_failures},
          {"promotions", cache.promotions},
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

json::value to_json(const cache::PackerState& packer) {
  if (packer.doing == cache::PackerState::Doing::Idle) return nullptr;
  return json::object{{"doing", cache::to_string(packer.doing)},
                      {"name", text_of(packer.name)},
                      {"percent", packer.percent},
                      {"paused", packer.paused}};
}

json::object to_json(const cache::ScrubStatus& status) {
  json::array findings;
  for (const cache::ScrubFinding& finding : status.findings) findings.push_back(object_of(finding));
  return {{"state", cache::to_string(status.state)}, {"started_at", or_null(status.started_at)},
          {"ended_at", or_null(status.ended_at)},    {"forms", status.forms},
          {"forms_read", status.forms_read},         {"bytes", status.bytes},
          {"bytes_read", status.bytes_read},         {"unread", status.unread},
          {"reading", or_null(status.reading)},      {"damaged", status.damaged},
          {"findings", std::move(findings)},         {"broken_off", or_null(status.broken_off)},
          {"last_end", or_null(status.last_end)},    {"next_at", or_null(status.next_at)}};
}

}  // namespace stagecache::admin
