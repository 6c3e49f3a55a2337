#pragma once
// Writing and walking the fields of one record (record_codec.h has the grammar).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache::store {

/// The version byte of a record, unless it holds what an older program must not overlook.
inline constexpr std::uint8_t kRecordVersion = 1;

class RecordWriter {
 public:
  explicit RecordWriter(std::uint8_t version = kRecordVersion);
  void text(std::uint8_t tag, std::string_view value);  ///< Empty values are left out.
  void number(std::uint8_t tag, std::uint64_t value);
  std::string take() { return std::move(bytes_); }

 private:
  void field(std::uint8_t tag, std::string_view value);
  std::string bytes_;
};

struct Field {
  std::uint8_t tag;
  std::string_view bytes;
  bool& malformed;

  /// 0 for a field that is no number, which makes the whole record Corrupt.
  std::uint64_t number() const;
  std::string text() const { return std::string(bytes); }
};

/// Calls `on_field` for each field, in order; its error ends the walk. Fails with TooNew
/// for a version above `newest`.
Status for_each_field(std::string_view record, const std::function<Status(const Field&)>& on_field,
                      std::uint8_t newest = kRecordVersion);

}  // namespace stagecache::store
