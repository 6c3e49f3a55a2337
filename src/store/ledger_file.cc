#include "ledger_file.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <span>
#include <string>

#include "record_codec.h"

namespace stagecache::store {
namespace {

constexpr std::size_t kMaxWaiting = 1000;
/// Beside key and value RocksDB keeps a sequence number and two lengths an entry.
constexpr std::uint64_t kEntryOverhead = 16;
constexpr std::uint64_t kQuotaShare = 1024;

std::uint64_t bytes_of(std::string_view key, std::string_view value) {
  return key.size() + value.size() + kEntryOverhead;
}

/// The last values, as many as fit.
std::span<const std::string> newest_within(std::span<const std::string> values,
                                           std::uint64_t limit_bytes) {
  std::size_t first = values.size();
  for (std::uint64_t total = 0; first > 0; --first) {
    total += bytes_of(ledger_key(0), values[first - 1]);
    if (total > limit_bytes) break;
  }
  return values.subspan(first);
}

/// The newest `limit` that fit, oldest first.
class Newest {
 public:
  explicit Newest(const LedgerFilter& filter) : filter_(filter) {}

  void offer(LedgerEntry entry) {
    if (filter_.source_key && entry.source_key != *filter_.source_key) return;
    found_.push_back(std::move(entry));
    if (found_.size() > filter_.limit) found_.pop_front();
  }
  LedgerEntries take() {
    return {std::make_move_iterator(found_.begin()), std::make_move_iterator(found_.end())};
  }

 private:
  const LedgerFilter& filter_;
  std::deque<LedgerEntry> found_;
};

}  // namespace

LedgerFile::Limits LedgerFile::limits_for(std::uint64_t quota_bytes) {
  return {.bytes = std::min(Limits{}.bytes, quota_bytes / kQuotaShare)};
}

Status LedgerFile::load() {
  std::deque<std::pair<std::uint64_t, std::uint64_t>> written;
  std::uint64_t bytes = 0;
  RETURN_IF_ERROR(database_.for_each(kLedgerPrefix, [&](auto key, auto value) -> Status {
    const auto number = parse_ledger_number(key);
    if (!number) return fail(ErrorCode::Corrupt, "a ledger key is no number");
    written.emplace_back(*number, bytes_of(ledger_key(*number), value));
    bytes += written.back().second;
    return {};
  }));
  MutexLock lock(mutex_);
  written_ = std::move(written);
  written_bytes_ = bytes;
  return {};
}

void LedgerFile::note(LedgerEntry entry) {
  MutexLock lock(mutex_);
  waiting_.push_back(std::move(entry));
  if (waiting_.size() <= kMaxWaiting) return;
  waiting_.pop_front();
  ++lost_;
}

bool LedgerFile::has_waiting() const {
  MutexLock lock(mutex_);
  return !waiting_.empty();
}

LedgerFile::Staged LedgerFile::stage(rocksdb::WriteBatch& batch, const LedgerEntry* last) {
  MutexLock lock(mutex_);
  lost_ = 0;
  Staged staged{.waiting = waiting_.size()};
  std::vector<std::string> values;
  for (const LedgerEntry& entry : waiting_) values.push_back(encode(entry));
  if (last != nullptr) values.push_back(encode(*last));

  std::uint64_t number = written_.empty() ? 1 : written_.back().first + 1;
  std::uint64_t added_bytes = 0;
  for (const std::string& value : newest_within(values, limits_.bytes)) {
    const std::string key = ledger_key(number);
    batch.Put(key, value);
    staged.added.emplace_back(number++, bytes_of(key, value));
    added_bytes += staged.added.back().second;
  }

  std::uint64_t kept_bytes = written_bytes_;
  while (staged.dropped < written_.size() &&
         (kept_bytes + added_bytes > limits_.bytes ||
          written_.size() - staged.dropped + staged.added.size() > limits_.entries)) {
    const auto& [oldest, bytes] = written_[staged.dropped++];
    batch.Delete(ledger_key(oldest));
    kept_bytes -= bytes;
  }
  return staged;
}

void LedgerFile::accept(Staged staged) {
  MutexLock lock(mutex_);
  // Noted meanwhile: more at the end, and, of too many, fewer at the beginning.
  const std::size_t done = staged.waiting - std::min<std::uint64_t>(staged.waiting, lost_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done));
  for (; staged.dropped > 0; --staged.dropped) {
    written_bytes_ -= written_.front().second;
    written_.pop_front();
  }
  for (const auto& added : staged.added) {
    written_bytes_ += added.second;
    written_.push_back(added);
  }
}

Result<LedgerEntries> LedgerFile::find(const LedgerFilter& filter) const {
  Newest newest(filter);
  RETURN_IF_ERROR(database_.for_each(kLedgerPrefix, [&newest](auto, auto value) -> Status {
    auto entry = decode_ledger(value);
    if (!entry) return error_of(std::move(entry));
    newest.offer(*std::move(entry));
    return {};
  }));
  MutexLock lock(mutex_);
  for (const LedgerEntry& entry : waiting_) newest.offer(entry);
  return newest.take();
}

}  // namespace stagecache::store
