// A ledger entry as bytes; record_codec.h has the contract.

#include "record_codec.h"
#include "record_fields.h"
#include "record_values.h"

namespace stagecache::store {
namespace {

// Never renumber: docs/format.md and tests/unit/store/golden hold them.
enum : std::uint8_t { kTime = 1, kEvent, kSourceKey, kUrl, kSha256, kStrength, kDetail };

}  // namespace

std::string_view to_string(LedgerEvent event) {
  switch (event) {
    case LedgerEvent::Stored: return "stored";
    case LedgerEvent::Failed: return "failed";
    case LedgerEvent::Changed: return "changed";
  }
  return "changed";
}

std::string encode(const LedgerEntry& entry) {
  RecordWriter out;
  out.number(kTime, to_number(entry.time));
  out.number(kEvent, static_cast<std::uint64_t>(entry.event));
  out.text(kSourceKey, entry.source_key);
  out.text(kUrl, entry.url);
  if (entry.sha256) out.text(kSha256, raw(*entry.sha256));
  if (entry.strength) out.number(kStrength, static_cast<std::uint64_t>(*entry.strength));
  out.text(kDetail, entry.detail);
  return out.take();
}

Result<LedgerEntry> decode_ledger(std::string_view bytes) {
  LedgerEntry entry;
  const auto read = for_each_field(bytes, [&entry](const Field& field) -> Status {
    switch (field.tag) {
      case kTime: entry.time = to_time(field.number()); break;
      case kEvent: entry.event = to_enum(field.number(), LedgerEvent::Changed); break;
      case kSourceKey: entry.source_key = field.text(); break;
      case kUrl: entry.url = field.text(); break;
      case kSha256: return read_digest(field.bytes, entry.sha256.emplace());
      case kStrength: entry.strength = to_enum(field.number(), DigestStrength::Declared); break;
      case kDetail: entry.detail = field.text(); break;
      default: break;
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return entry;
}

}  // namespace stagecache::store
