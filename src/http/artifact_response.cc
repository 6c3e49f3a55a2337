#include "http/artifact_response.h"

#include <utility>

#include "http/field.h"
#include "stagecache/http/byte_range.h"
#include "stagecache/http/conditional.h"

namespace stagecache::http {
namespace {

/// What a 304 has as well.
Headers head_fields(const cache::Meta& meta, const std::string& etag) {
  Headers fields;
  if (!etag.empty()) fields.push_back({"ETag", etag});
  if (!meta.last_modified.empty()) fields.push_back({"Last-Modified", meta.last_modified});
  fields.push_back({"Accept-Ranges", "bytes"});
  if (meta.sha256) fields.push_back({"Repr-Digest", "sha-256=:" + meta.sha256->base64() + ":"});
  if (meta.age_s) fields.push_back({"Age", std::to_string(*meta.age_s)});
  fields.insert(fields.end(), meta.caching.begin(), meta.caching.end());
  fields.push_back({"X-Stagecache", std::string(cache::to_string(meta.outcome))});
  return fields;
}

Header content_type(const cache::Meta& meta) {
  return {"Content-Type",
          meta.content_type.empty() ? "application/octet-stream" : meta.content_type};
}

/// What of the body is asked for. Where the size is not known yet: the whole.
RangeAnswer range_of(const Headers& request, const cache::Meta& meta, CurrentValidators current) {
  const auto range = joined_header(request, "Range");
  if (!range || !meta.size || !if_range_holds(request, current)) return WholeBody{};
  return answer_range(*range, *meta.size);
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" +
         std::to_string(size);
}

Response unsatisfiable(std::uint64_t size) {
  auto response = text_response(
      416, "the range lies outside of the " + std::to_string(size) + " bytes that there are");
  response.headers.push_back({"Content-Range", "bytes */" + std::to_string(size)});
  return response;
}

}  // namespace

std::string entity_tag(NamedBy named_by, const cache::Meta& meta) {
  const std::string digest = meta.sha256 ? "\"" + meta.sha256->hex() + "\"" : "";
  const bool origins_is_strong = !meta.etag.empty() && !meta.etag.starts_with("W/");
  if (named_by == NamedBy::Digest && !digest.empty()) return digest;
  return origins_is_strong ? meta.etag : digest;
}

Response artifact_response(const Headers& request, NamedBy named_by,
                           std::shared_ptr<cache::Body> body) {
  const cache::Meta& meta = body->meta();
  const std::string etag = entity_tag(named_by, meta);
  const CurrentValidators current{
      .etag = etag, .last_modified = meta.last_modified, .date_is_strong = meta.date_is_strong};

  const Condition condition = evaluate_conditions(request, current);
  if (condition == Condition::PreconditionFailed)
    return text_response(412, "it is not what If-Match or If-Unmodified-Since names");

  Response response;
  response.headers = head_fields(meta, etag);
  if (condition == Condition::NotModified) {
    response.status = 304;
  } else {
    response.headers.push_back(content_type(meta));
    const RangeAnswer answer = range_of(request, meta, current);
    if (std::holds_alternative<Unsatisfiable>(answer)) return unsatisfiable(*meta.size);
    if (const auto* range = std::get_if<ByteRange>(&answer)) {
      response.status = 206;
      response.headers.push_back({"Content-Range", content_range(*range, *meta.size)});
      response.body = CachedBody{std::move(body), *range};
      return response;
    }
  }
  response.body = CachedBody{std::move(body), {}};
  return response;
}

}  // namespace stagecache::http
