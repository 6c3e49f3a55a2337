#include "piece_reader.h"

#include <rocksdb/sst_file_reader.h>

#include <vector>

#include "database_options.h"
#include "read_error.h"

namespace stagecache::store {
namespace {

enum class Way { PastThePageCache, Ordinary };

rocksdb::Options options_for(Way way) {
  rocksdb::Options options(rocksdb::DBOptions(), content_options(nullptr));
  options.use_direct_reads = way == Way::PastThePageCache;
  return options;
}

}  // namespace

PieceReader::PieceReader(std::unique_ptr<rocksdb::SstFileReader> reader, PieceFile piece)
    : reader_(std::move(reader)), piece_(std::move(piece)) {}
PieceReader::PieceReader(PieceReader&&) noexcept = default;
PieceReader::~PieceReader() = default;

/// Not every file system knows O_DIRECT (tmpfs does not).
Result<PieceReader> PieceReader::open(const std::filesystem::path& file, const PieceFile& piece) {
  rocksdb::Status status;
  for (const Way way : {Way::PastThePageCache, Way::Ordinary}) {
    auto reader = std::make_unique<rocksdb::SstFileReader>(options_for(way));
    status = reader->Open(file.string());
    if (status.ok()) return PieceReader(std::move(reader), piece);
  }
  return unreadable(status);
}

bool PieceReader::holds(ChunkKey key) const {
  return key.id == piece_.first.id && key.chunk >= piece_.first.chunk &&
         key.chunk <= piece_.last.chunk;
}

Result<Slice> PieceReader::read(ChunkKey key) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> found(reader_->NewIterator(options));
  const std::string wanted = content_key(key);
  found->Seek(wanted);
  if (!found->status().ok()) return unreadable(found->status());
  if (!found->Valid() || found->key() != wanted) return unreadable(rocksdb::Status::NotFound());
  const auto bytes = std::as_bytes(std::span(found->value().data(), found->value().size()));
  const auto copy = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  return Slice(*copy, copy);
}

}  // namespace stagecache::store
