#include "src/store/record_codec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <span>

#include "src/store/record_fields.h"
#include "stagecache/base/hex.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

// The values that the golden files hold. Never change one: add a file instead.

Artifact golden_artifact() {
  Artifact artifact;
  artifact.sha256 = name_of(1);
  artifact.sha512_hex = std::string(128, 'a');
  artifact.size = 301'112'604;
  artifact.raw_content = 42;
  artifact.name = "spark-3.2.2-bin-hadoop3.2.tgz";
  artifact.stored_at = WallTime(std::chrono::seconds(1'795'449'600));
  artifact.archive.kind = ArchiveSummary::Kind::Tar;
  artifact.archive.top_folder = "spark-3.2.2-bin-hadoop3.2";
  artifact.archive.entries = 1371;
  artifact.archive.extracted_bytes = 349'000'000;
  artifact.archive.java_path = "bin/java";
  artifact.archive.spark_submit_path = "spark-3.2.2-bin-hadoop3.2/bin/spark-submit";
  artifact.archive.findings = {{3, 7, Severity::Error, "a text", "a fix"}, {}};
  return artifact;
}

Source golden_source() {
  Source source = source_of(1);
  source.strength = DigestStrength::Published;
  source.warmed = true;
  source.validators = {"\"etag\"", "Mon, 23 Nov 2026 15:28:00 GMT"};
  source.content_type = "application/x-gzip";
  source.validated_at = WallTime(std::chrono::seconds(1'795'449'601));
  source.lifetime_s = 3600;
  return source;
}

FillRecord golden_fill() {
  FillRecord fill = fill_of(1);
  fill.id = 43;
  fill.declared = name_of(2);
  fill.warmed = fill.pin = true;
  fill.headers = {{"Accept", "*/*"}, {"X-Empty", ""}};
  fill.validators = {"\"etag\"", "Mon, 23 Nov 2026 15:28:00 GMT"};
  fill.content_type = "application/x-gzip";
  fill.lifetime_s = -1;
  fill.size = 400'395'283;
  return fill;
}

// Fields that came later. Their golden files are apart.

Source golden_source_with_freshness() {
  Source source = golden_source();
  source.initial_age_s = 12;
  source.stale_forbidden = true;
  source.vary = {{"Accept", "application/gzip"}, {"X-Absent", ""}};
  source.published = "sha512";
  source.changed_at = WallTime(std::chrono::seconds(1'795'449'603));
  return source;
}

FillRecord golden_fill_with_freshness() {
  FillRecord fill = golden_fill();
  fill.initial_age_s = 12;
  fill.stale_forbidden = true;
  fill.vary = {{"Accept", "application/gzip"}, {"X-Absent", ""}};
  return fill;
}

/// As a difference, beside the raw form.
Artifact golden_artifact_packed() {
  Artifact artifact = golden_artifact();
  artifact.packed = {.content = 44, .size = 9'100'000, .base = name_of(4)};
  return artifact;
}

/// A keyframe that does not lie raw.
Artifact golden_artifact_only_packed() {
  Artifact artifact = golden_artifact();
  artifact.raw_content = 0;
  artifact.packed = {.content = 44, .size = 300'000'000, .base = std::nullopt};
  return artifact;
}

Usage golden_usage() {
  return {WallTime(std::chrono::seconds(1'795'449'602)), 17};
}

LedgerEntry golden_ledger_entry() {
  return {.time = WallTime(std::chrono::seconds(1'795'449'603)),
          .event = LedgerEvent::Changed,
          .source_key = "host/spark.tgz",
          .url = "https://host/spark.tgz",
          .sha256 = name_of(3),
          .strength = DigestStrength::Published,
          .detail = "sha512"};
}

/// The golden file's hex digits; white space does not count.
std::string golden(const std::string& name) {
  std::ifstream file(std::string(STAGECACHE_SOURCE_DIR) + "/tests/unit/store/golden/" + name);
  std::string hex, word;
  while (file >> word) hex += word;
  return hex;
}

std::string from_hex(const std::string& hex) {
  std::string bytes(hex.size() / 2, '\0');
  EXPECT_TRUE(stagecache::from_hex(hex, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

std::string to_hex(const std::string& bytes) {
  return stagecache::to_hex(std::as_bytes(std::span(bytes)));
}

TEST(RecordGolden, BytesOfTheFirstReleaseAreReadAndWritten) {
  EXPECT_EQ(to_hex(encode(golden_artifact())), golden("artifact_v1.hex"));
  EXPECT_EQ(to_hex(encode(golden_source())), golden("source_v1.hex"));
  EXPECT_EQ(to_hex(encode(golden_fill())), golden("fill_v1.hex"));
  EXPECT_EQ(to_hex(encode(golden_usage())), golden("usage_v1.hex"));

  EXPECT_EQ(to_hex(encode(golden_ledger_entry())), golden("ledger_v1.hex"));

  EXPECT_EQ(decode_ledger(from_hex(golden("ledger_v1.hex"))), golden_ledger_entry());
  EXPECT_EQ(decode_artifact(from_hex(golden("artifact_v1.hex"))), golden_artifact());
  EXPECT_EQ(decode_source(from_hex(golden("source_v1.hex"))), golden_source());
  EXPECT_EQ(decode_fill(from_hex(golden("fill_v1.hex"))), golden_fill());
  EXPECT_EQ(decode_usage(from_hex(golden("usage_v1.hex"))), golden_usage());
}

TEST(RecordGolden, FreshnessFieldsAreReadAndWritten) {
  const auto source = golden_source_with_freshness();
  const auto fill = golden_fill_with_freshness();

  EXPECT_EQ(to_hex(encode(source)), golden("source_v1_freshness.hex"));
  EXPECT_EQ(to_hex(encode(fill)), golden("fill_v1_freshness.hex"));
  EXPECT_EQ(decode_source(from_hex(golden("source_v1_freshness.hex"))), source);
  EXPECT_EQ(decode_fill(from_hex(golden("fill_v1_freshness.hex"))), fill);

  auto later_source = source;
  auto later_fill = fill;
  later_source.cache_control = later_fill.cache_control = "public, max-age=3600";
  EXPECT_EQ(to_hex(encode(later_source)), golden("source_v1_cache_control.hex"));
  EXPECT_EQ(to_hex(encode(later_fill)), golden("fill_v1_cache_control.hex"));
  EXPECT_EQ(decode_source(from_hex(golden("source_v1_cache_control.hex"))), later_source);
  EXPECT_EQ(decode_fill(from_hex(golden("fill_v1_cache_control.hex"))), later_fill);

  later_source.validators.place = later_fill.validators.place = "https://fast.example/x.tgz";
  EXPECT_EQ(to_hex(encode(later_source)), golden("source_v1_place.hex"));
  EXPECT_EQ(to_hex(encode(later_fill)), golden("fill_v1_place.hex"));
  EXPECT_EQ(decode_source(from_hex(golden("source_v1_place.hex"))), later_source);
  EXPECT_EQ(decode_fill(from_hex(golden("fill_v1_place.hex"))), later_fill);
}

TEST(RecordGolden, PackedFormsAreReadAndWritten) {
  const auto both = golden_artifact_packed(), packed = golden_artifact_only_packed();

  EXPECT_EQ(to_hex(encode(both)), golden("artifact_v1_packed.hex"));
  EXPECT_EQ(to_hex(encode(packed)), golden("artifact_v2_only_packed.hex"));
  EXPECT_EQ(decode_artifact(from_hex(golden("artifact_v1_packed.hex"))), both);
  EXPECT_EQ(decode_artifact(from_hex(golden("artifact_v2_only_packed.hex"))), packed);
}

// The first release knows version 1: it reads such an artifact as one that lies raw, and
// stops before one whose bytes it would sweep.
TEST(RecordCodec, OnlyWhatLiesNoLongerRawKeepsAnOlderProgramOut) {
  EXPECT_EQ(encode(golden_artifact_packed())[0], 1);
  EXPECT_EQ(encode(golden_artifact_only_packed())[0], 2);
}

TEST(RecordCodec, APackedFormWithoutAContentIsCorrupt) {
  Artifact artifact;
  artifact.packed = {.content = 0, .size = 5, .base = std::nullopt};

  EXPECT_EQ(decode_artifact(encode(artifact)).error().code, ErrorCode::Corrupt);
}

TEST(RecordCodec, EmptyValuesComeBack) {
  EXPECT_EQ(decode_artifact(encode(Artifact{})), Artifact{});
  EXPECT_EQ(decode_source(encode(Source{})), Source{});
  EXPECT_EQ(decode_fill(encode(FillRecord{})), FillRecord{});
  EXPECT_EQ(decode_usage(encode(Usage{})), Usage{});
  EXPECT_EQ(decode_ledger(encode(LedgerEntry{})), LedgerEntry{});
}

template <class T>
void expect_every_cut_is_an_error(const std::string& bytes, Result<T> (*decode)(std::string_view),
                                  const T& whole) {
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = decode(std::string_view(bytes).substr(0, length));
    // A cut between two fields is a shorter record, never the whole one.
    if (decoded) {
      EXPECT_NE(*decoded, whole) << length;
    } else {
      EXPECT_EQ(decoded.error().code, ErrorCode::Corrupt) << length;
    }
  }
}

TEST(RecordCodec, ACutRecordIsNeverTakenForTheWhole) {
  expect_every_cut_is_an_error(encode(golden_artifact()), decode_artifact, golden_artifact());
  expect_every_cut_is_an_error(encode(golden_artifact_packed()), decode_artifact,
                               golden_artifact_packed());
  expect_every_cut_is_an_error(encode(golden_source()), decode_source, golden_source());
  expect_every_cut_is_an_error(encode(golden_fill()), decode_fill, golden_fill());
  expect_every_cut_is_an_error(encode(golden_usage()), decode_usage, golden_usage());
  expect_every_cut_is_an_error(encode(golden_ledger_entry()), decode_ledger, golden_ledger_entry());
  expect_every_cut_is_an_error(encode(golden_source_with_freshness()), decode_source,
                               golden_source_with_freshness());
}

template <class T>
void expect_unknown_tags_are_skipped(const std::string& bytes,
                                     Result<T> (*decode)(std::string_view), const T& value) {
  const std::string unknown = from_hex("f00300000061626300");  // Tag 0xf0, "abc".
  EXPECT_EQ(decode(bytes + unknown.substr(0, 8)), value);
  EXPECT_EQ(decode(bytes.substr(0, 1) + unknown.substr(0, 8) + bytes.substr(1)), value);
}

TEST(RecordCodec, TagsOfANewerMinorVersionAreSkipped) {
  expect_unknown_tags_are_skipped(encode(golden_artifact()), decode_artifact, golden_artifact());
  expect_unknown_tags_are_skipped(encode(golden_source()), decode_source, golden_source());
  expect_unknown_tags_are_skipped(encode(golden_fill()), decode_fill, golden_fill());
  expect_unknown_tags_are_skipped(encode(golden_usage()), decode_usage, golden_usage());
  expect_unknown_tags_are_skipped(encode(golden_ledger_entry()), decode_ledger,
                                  golden_ledger_entry());
}

TEST(RecordCodec, AnotherVersionIsTooNew) {
  std::string bytes = encode(golden_usage());
  bytes[0] = 3;
  EXPECT_EQ(decode_artifact(bytes).error().code, ErrorCode::TooNew);

  bytes[0] = 2;
  EXPECT_EQ(decode_usage(bytes).error().code, ErrorCode::TooNew);
  EXPECT_EQ(decode_source(bytes).error().code, ErrorCode::TooNew);
  EXPECT_EQ(decode_fill(bytes).error().code, ErrorCode::TooNew);
}

TEST(RecordCodec, FieldsOfAWrongLengthAreCorrupt) {
  RecordWriter digest;
  digest.text(1, "short");
  EXPECT_EQ(decode_artifact(digest.take()).error().code, ErrorCode::Corrupt);

  RecordWriter size;
  size.text(3, "1234567");  // A number has eight bytes.
  EXPECT_EQ(decode_artifact(size.take()).error().code, ErrorCode::Corrupt);
}

TEST(RecordCodec, AFlippedByteNeverDoesMoreThanChangeTheValue) {
  const std::string bytes = encode(golden_artifact());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const auto decoded = decode_artifact(damaged);
      if (!decoded) {
        EXPECT_NE(decoded.error().message, "");
      }
    }
  }
}

}  // namespace
}  // namespace stagecache::store
