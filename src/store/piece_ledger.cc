#include "piece_ledger.h"

namespace stagecache::store {

void PieceLedger::expect(const std::filesystem::path& incoming, Piece piece) {
  MutexLock lock(mutex_);
  incoming_[incoming.string()] = piece;
}

void PieceLedger::withdraw(const std::filesystem::path& incoming) {
  MutexLock lock(mutex_);
  incoming_.erase(incoming.string());
}

void PieceLedger::ingested(const std::filesystem::path& incoming, const std::string& name) {
  MutexLock lock(mutex_);
  const auto expected = incoming_.extract(incoming.string());
  if (expected.empty()) return;
  pieces_[name] = expected.mapped();
  by_content_[expected.mapped().id] += expected.mapped().bytes;
}

bool PieceLedger::deleted(const std::string& name) {
  MutexLock lock(mutex_);
  const auto gone = pieces_.extract(name);
  if (gone.empty()) return false;  // A table of the catalog.
  const auto sum = by_content_.find(gone.mapped().id);
  sum->second -= gone.mapped().bytes;
  if (sum->second == 0) by_content_.erase(sum);
  quota_.release_used(gone.mapped().bytes);
  return true;
}

void PieceLedger::reconcile(std::unordered_map<std::string, Piece> found) {
  MutexLock lock(mutex_);
  std::uint64_t before = 0, after = 0;
  for (const auto& [name, piece] : pieces_) before += piece.bytes;
  by_content_.clear();
  for (const auto& [name, piece] : found) {
    by_content_[piece.id] += piece.bytes;
    after += piece.bytes;
  }
  pieces_ = std::move(found);
  quota_.add_used(after);
  quota_.release_used(before);
}

std::uint64_t PieceLedger::bytes_of(ContentId id) const {
  MutexLock lock(mutex_);
  const auto found = by_content_.find(id);
  return found == by_content_.end() ? 0 : found->second;
}

}  // namespace stagecache::store
