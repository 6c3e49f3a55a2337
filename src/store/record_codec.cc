#include "record_codec.h"

#include "record_fields.h"
#include "record_values.h"

namespace stagecache::store {
namespace {

// Tags. Never renumber: docs/format.md and tests/unit/store/golden hold them.
namespace artifact_tag {
enum : std::uint8_t {
  kSha256 = 1,
  kSha512,
  kSize,
  kRawContent,
  kName,
  kStoredAt,
  kArchive,
  kPackedContent,
  kPackedSize,
  kPackedBase
};
/// Of an artifact that lies only packed. A program that knows no packed form would take its
/// content for nobody's and delete it: it must stop instead.
constexpr std::uint8_t kOnlyPackedVersion = 2;
}  // namespace artifact_tag
namespace archive_tag {
enum : std::uint8_t { kKind = 1, kTopFolder, kEntries, kExtracted, kJava, kSparkSubmit, kFinding };
}
namespace finding_tag {
enum : std::uint8_t { kLine = 1, kColumn, kSeverity, kText, kFix };
}
namespace source_tag {
enum : std::uint8_t {
  kKey = 1,
  kUrl,
  kSha256,
  kStrength,
  kWarmed,
  kEtag,
  kLastModified,
  kContentType,
  kValidatedAt,
  kLifetime,
  kInitialAge,
  kStaleForbidden,
  kVary,
  kPublished,
  kChangedAt,
  kCacheControl,
  kPlace
};
}
namespace fill_tag {
enum : std::uint8_t {
  kId = 1,
  kSourceKey,
  kUrl,
  kDeclared,
  kWarmed,
  kPin,
  kHeader,
  kEtag,
  kLastModified,
  kContentType,
  kLifetime,
  kSize,
  kInitialAge,
  kStaleForbidden,
  kVary,
  kCacheControl,
  kPlace
};
}
namespace header_tag {
enum : std::uint8_t { kName = 1, kValue };
}
namespace usage_tag {
enum : std::uint8_t { kLastUsed = 1, kHits };
}

std::string encode(const Finding& finding) {
  RecordWriter out;
  out.number(finding_tag::kLine, finding.line);
  out.number(finding_tag::kColumn, finding.column);
  out.number(finding_tag::kSeverity, static_cast<std::uint64_t>(finding.severity));
  out.text(finding_tag::kText, finding.text);
  out.text(finding_tag::kFix, finding.fix);
  return out.take();
}

Result<Finding> decode_finding(std::string_view bytes) {
  Finding finding;
  const auto read = for_each_field(bytes, [&finding](const Field& field) -> Status {
    switch (field.tag) {
      case finding_tag::kLine: finding.line = static_cast<std::uint32_t>(field.number()); break;
      case finding_tag::kColumn: finding.column = static_cast<std::uint32_t>(field.number()); break;
      case finding_tag::kSeverity:
        finding.severity = to_enum(field.number(), Severity::Error);
        break;
      case finding_tag::kText: finding.text = field.text(); break;
      case finding_tag::kFix: finding.fix = field.text(); break;
      default: break;
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return finding;
}

std::string encode(const ArchiveSummary& archive) {
  RecordWriter out;
  out.number(archive_tag::kKind, static_cast<std::uint64_t>(archive.kind));
  out.text(archive_tag::kTopFolder, archive.top_folder);
  out.number(archive_tag::kEntries, archive.entries);
  out.number(archive_tag::kExtracted, archive.extracted_bytes);
  out.text(archive_tag::kJava, archive.java_path);
  out.text(archive_tag::kSparkSubmit, archive.spark_submit_path);
  for (const Finding& finding : archive.findings) out.text(archive_tag::kFinding, encode(finding));
  return out.take();
}

Result<ArchiveSummary> decode_archive(std::string_view bytes) {
  ArchiveSummary archive;
  const auto read = for_each_field(bytes, [&archive](const Field& field) -> Status {
    switch (field.tag) {
      case archive_tag::kKind:
        archive.kind = to_enum(field.number(), ArchiveSummary::Kind::Tar);
        break;
      case archive_tag::kTopFolder: archive.top_folder = field.text(); break;
      case archive_tag::kEntries: archive.entries = field.number(); break;
      case archive_tag::kExtracted: archive.extracted_bytes = field.number(); break;
      case archive_tag::kJava: archive.java_path = field.text(); break;
      case archive_tag::kSparkSubmit: archive.spark_submit_path = field.text(); break;
      case archive_tag::kFinding: {
        auto finding = decode_finding(field.bytes);
        if (!finding) return error_of(std::move(finding));
        archive.findings.push_back(*std::move(finding));
        break;
      }
      default: break;
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return archive;
}

/// One field a header; an old reader, who knows no such tag, passes it over.
void write_headers(RecordWriter& out, std::uint8_t tag, const Headers& headers) {
  for (const Header& header : headers) {
    RecordWriter field;
    field.text(header_tag::kName, header.name);
    field.text(header_tag::kValue, header.value);
    out.text(tag, field.take());
  }
}

/// Left out where it says nothing, as the first release wrote it.
void write_unless_zero(RecordWriter& out, std::uint8_t tag, std::uint64_t value) {
  if (value != 0) out.number(tag, value);
}

Result<Header> decode_header(std::string_view bytes) {
  Header header;
  const auto read = for_each_field(bytes, [&header](const Field& field) -> Status {
    if (field.tag == header_tag::kName) header.name = field.text();
    if (field.tag == header_tag::kValue) header.value = field.text();
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return header;
}

Status read_header(std::string_view bytes, Headers& out) {
  auto header = decode_header(bytes);
  if (!header) return error_of(std::move(header));
  out.push_back(*std::move(header));
  return {};
}

}  // namespace

std::string encode(const Artifact& artifact) {
  const bool only_packed = artifact.packed && artifact.raw_content == 0;
  RecordWriter out(only_packed ? artifact_tag::kOnlyPackedVersion : kRecordVersion);
  out.text(artifact_tag::kSha256, raw(artifact.sha256));
  out.text(artifact_tag::kSha512, artifact.sha512_hex);
  out.number(artifact_tag::kSize, artifact.size);
  out.number(artifact_tag::kRawContent, artifact.raw_content);
  out.text(artifact_tag::kName, artifact.name);
  out.number(artifact_tag::kStoredAt, to_number(artifact.stored_at));
  out.text(artifact_tag::kArchive, encode(artifact.archive));
  if (artifact.packed) {
    out.number(artifact_tag::kPackedContent, artifact.packed->content);
    out.number(artifact_tag::kPackedSize, artifact.packed->size);
    if (artifact.packed->base) out.text(artifact_tag::kPackedBase, raw(*artifact.packed->base));
  }
  return out.take();
}

Result<Artifact> decode_artifact(std::string_view bytes) {
  Artifact artifact;
  PackedForm packed;
  const auto on_field = [&artifact, &packed](const Field& field) -> Status {
    switch (field.tag) {
      case artifact_tag::kSha256: return read_digest(field.bytes, artifact.sha256);
      case artifact_tag::kSha512: artifact.sha512_hex = field.text(); break;
      case artifact_tag::kSize: artifact.size = field.number(); break;
      case artifact_tag::kRawContent: artifact.raw_content = field.number(); break;
      case artifact_tag::kName: artifact.name = field.text(); break;
      case artifact_tag::kStoredAt: artifact.stored_at = to_time(field.number()); break;
      case artifact_tag::kArchive: {
        auto archive = decode_archive(field.bytes);
        if (!archive) return error_of(std::move(archive));
        artifact.archive = *std::move(archive);
        break;
      }
      case artifact_tag::kPackedContent: packed.content = field.number(); break;
      case artifact_tag::kPackedSize: packed.size = field.number(); break;
      case artifact_tag::kPackedBase: return read_digest(field.bytes, packed.base.emplace());
      default: break;
    }
    return {};
  };
  if (const auto read = for_each_field(bytes, on_field, artifact_tag::kOnlyPackedVersion); !read)
    return std::unexpected(read.error());
  if (packed.content != 0) artifact.packed = packed;
  else if (packed != PackedForm{}) return fail(ErrorCode::Corrupt, "a packed form of no content");
  return artifact;
}

std::string encode(const Source& source) {
  RecordWriter out;
  out.text(source_tag::kKey, source.key);
  out.text(source_tag::kUrl, source.url);
  out.text(source_tag::kSha256, raw(source.sha256));
  out.number(source_tag::kStrength, static_cast<std::uint64_t>(source.strength));
  out.number(source_tag::kWarmed, source.warmed ? 1 : 0);
  out.text(source_tag::kEtag, source.validators.etag);
  out.text(source_tag::kLastModified, source.validators.last_modified);
  out.text(source_tag::kContentType, source.content_type);
  out.number(source_tag::kValidatedAt, to_number(source.validated_at));
  if (source.lifetime_s)
    out.number(source_tag::kLifetime, static_cast<std::uint64_t>(*source.lifetime_s));
  write_unless_zero(out, source_tag::kInitialAge, static_cast<std::uint64_t>(source.initial_age_s));
  write_unless_zero(out, source_tag::kStaleForbidden, source.stale_forbidden ? 1 : 0);
  write_headers(out, source_tag::kVary, source.vary);
  out.text(source_tag::kPublished, source.published);
  if (source.changed_at) out.number(source_tag::kChangedAt, to_number(*source.changed_at));
  out.text(source_tag::kCacheControl, source.cache_control);
  out.text(source_tag::kPlace, source.validators.place);
  return out.take();
}

Result<Source> decode_source(std::string_view bytes) {
  Source source;
  const auto read = for_each_field(bytes, [&source](const Field& field) -> Status {
    switch (field.tag) {
      case source_tag::kKey: source.key = field.text(); break;
      case source_tag::kUrl: source.url = field.text(); break;
      case source_tag::kSha256: return read_digest(field.bytes, source.sha256);
      case source_tag::kStrength:
        source.strength = to_enum(field.number(), DigestStrength::Declared);
        break;
      case source_tag::kWarmed: source.warmed = field.number() != 0; break;
      case source_tag::kEtag: source.validators.etag = field.text(); break;
      case source_tag::kLastModified: source.validators.last_modified = field.text(); break;
      case source_tag::kContentType: source.content_type = field.text(); break;
      case source_tag::kValidatedAt: source.validated_at = to_time(field.number()); break;
      case source_tag::kLifetime:
        source.lifetime_s = static_cast<std::int64_t>(field.number());
        break;
      case source_tag::kInitialAge:
        source.initial_age_s = static_cast<std::int64_t>(field.number());
        break;
      case source_tag::kStaleForbidden: source.stale_forbidden = field.number() != 0; break;
      case source_tag::kVary: return read_header(field.bytes, source.vary);
      case source_tag::kPublished: source.published = field.text(); break;
      case source_tag::kChangedAt: source.changed_at = to_time(field.number()); break;
      case source_tag::kCacheControl: source.cache_control = field.text(); break;
      case source_tag::kPlace: source.validators.place = field.text(); break;
      default: break;
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return source;
}

std::string encode(const FillRecord& fill) {
  RecordWriter out;
  out.number(fill_tag::kId, fill.id);
  out.text(fill_tag::kSourceKey, fill.source_key);
  out.text(fill_tag::kUrl, fill.url);
  if (fill.declared) out.text(fill_tag::kDeclared, raw(*fill.declared));
  out.number(fill_tag::kWarmed, fill.warmed ? 1 : 0);
  out.number(fill_tag::kPin, fill.pin ? 1 : 0);
  write_headers(out, fill_tag::kHeader, fill.headers);
  out.text(fill_tag::kEtag, fill.validators.etag);
  out.text(fill_tag::kLastModified, fill.validators.last_modified);
  out.text(fill_tag::kContentType, fill.content_type);
  if (fill.lifetime_s)
    out.number(fill_tag::kLifetime, static_cast<std::uint64_t>(*fill.lifetime_s));
  if (fill.size) out.number(fill_tag::kSize, *fill.size);
  write_unless_zero(out, fill_tag::kInitialAge, static_cast<std::uint64_t>(fill.initial_age_s));
  write_unless_zero(out, fill_tag::kStaleForbidden, fill.stale_forbidden ? 1 : 0);
  write_headers(out, fill_tag::kVary, fill.vary);
  out.text(fill_tag::kCacheControl, fill.cache_control);
  out.text(fill_tag::kPlace, fill.validators.place);
  return out.take();
}

Result<FillRecord> decode_fill(std::string_view bytes) {
  FillRecord fill;
  const auto read = for_each_field(bytes, [&fill](const Field& field) -> Status {
    switch (field.tag) {
      case fill_tag::kId: fill.id = field.number(); break;
      case fill_tag::kSourceKey: fill.source_key = field.text(); break;
      case fill_tag::kUrl: fill.url = field.text(); break;
      case fill_tag::kDeclared: return read_digest(field.bytes, fill.declared.emplace());
      case fill_tag::kWarmed: fill.warmed = field.number() != 0; break;
      case fill_tag::kPin: fill.pin = field.number() != 0; break;
      case fill_tag::kHeader: return read_header(field.bytes, fill.headers);
      case fill_tag::kEtag: fill.validators.etag = field.text(); break;
      case fill_tag::kLastModified: fill.validators.last_modified = field.text(); break;
      case fill_tag::kContentType: fill.content_type = field.text(); break;
      case fill_tag::kLifetime: fill.lifetime_s = static_cast<std::int64_t>(field.number()); break;
      case fill_tag::kSize: fill.size = field.number(); break;
      case fill_tag::kInitialAge:
        fill.initial_age_s = static_cast<std::int64_t>(field.number());
        break;
      case fill_tag::kStaleForbidden: fill.stale_forbidden = field.number() != 0; break;
      case fill_tag::kVary: return read_header(field.bytes, fill.vary);
      case fill_tag::kCacheControl: fill.cache_control = field.text(); break;
      case fill_tag::kPlace: fill.validators.place = field.text(); break;
      default: break;
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return fill;
}

std::string encode(const Usage& usage) {
  RecordWriter out;
  out.number(usage_tag::kLastUsed, to_number(usage.last_used));
  out.number(usage_tag::kHits, usage.hits);
  return out.take();
}

Result<Usage> decode_usage(std::string_view bytes) {
  Usage usage;
  const auto read = for_each_field(bytes, [&usage](const Field& field) -> Status {
    if (field.tag == usage_tag::kLastUsed) usage.last_used = to_time(field.number());
    if (field.tag == usage_tag::kHits) usage.hits = field.number();
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return usage;
}

}  // namespace stagecache::store
