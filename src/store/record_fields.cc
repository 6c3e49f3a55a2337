#include "record_fields.h"

#include <fmt/format.h>

namespace stagecache::store {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberBytes = 8;

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::uint64_t from_little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

RecordWriter::RecordWriter(std::uint8_t version) : bytes_(1, static_cast<char>(version)) {}

void RecordWriter::field(std::uint8_t tag, std::string_view value) {
  bytes_ += static_cast<char>(tag);
  bytes_ += little_endian(value.size(), kLengthBytes);
  bytes_ += value;
}

void RecordWriter::text(std::uint8_t tag, std::string_view value) {
  if (!value.empty()) field(tag, value);
}

void RecordWriter::number(std::uint8_t tag, std::uint64_t value) {
  field(tag, little_endian(value, kNumberBytes));
}

std::uint64_t Field::number() const {
  if (bytes.size() == kNumberBytes) return from_little_endian(bytes);
  malformed = true;
  return 0;
}

Status for_each_field(std::string_view record, const std::function<Status(const Field&)>& on_field,
                      std::uint8_t newest) {
  if (record.empty()) return fail(ErrorCode::Corrupt, "empty record");
  const auto version = static_cast<std::uint8_t>(record.front());
  if (version < kRecordVersion || version > newest)
    return fail(ErrorCode::TooNew,
                fmt::format("record version {}, this program knows {}", version, newest));
  record.remove_prefix(1);
  bool malformed = false;
  while (!record.empty()) {
    if (record.size() < 1 + kLengthBytes) return fail(ErrorCode::Corrupt, "record is cut short");
    const auto tag = static_cast<std::uint8_t>(record.front());
    const std::uint64_t length = from_little_endian(record.substr(1, kLengthBytes));
    record.remove_prefix(1 + kLengthBytes);
    if (record.size() < length) return fail(ErrorCode::Corrupt, "record is cut short");
    RETURN_IF_ERROR(on_field({tag, record.substr(0, length), malformed}));
    if (malformed)
      return fail(ErrorCode::Corrupt, fmt::format("field {} is a number of {} bytes", tag, length));
    record.remove_prefix(length);
  }
  return {};
}

}  // namespace stagecache::store
