#pragma once
// Reads chunks of one piece from its file, past every cache. One thread.

#include <filesystem>
#include <memory>

#include "database.h"

namespace rocksdb {
class SstFileReader;
}  // namespace rocksdb

namespace stagecache::store {

class PieceReader {
 public:
  /// Fails with Corrupt, Internal.
  static Result<PieceReader> open(const std::filesystem::path& file, const PieceFile& piece);
  PieceReader(PieceReader&&) noexcept;
  ~PieceReader();

  bool holds(ChunkKey key) const;
  /// REQUIRES: holds(key). Fails with Corrupt, Internal.
  Result<Slice> read(ChunkKey key) const;

 private:
  PieceReader(std::unique_ptr<rocksdb::SstFileReader> reader, PieceFile piece);
  std::unique_ptr<rocksdb::SstFileReader> reader_;
  PieceFile piece_;
};

}  // namespace stagecache::store
