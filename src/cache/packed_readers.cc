#include "packed_readers.h"

#include <fmt/format.h>

#include "stagecache/base/check.h"

namespace stagecache::cache {
namespace {

using ReaderPtr = std::shared_ptr<const pack::Reader>;

ContentId packed_id(const store::Content& content) {
  CHECK(content.artifact().packed.has_value());
  return content.artifact().packed->content;
}

/// What pack refuses as a bug of its caller may be damage here.
Result<ReaderPtr> open_checked(const store::Content& content,
                               std::shared_ptr<const pack::Bytes> bytes, ReaderPtr base,
                               std::shared_ptr<pack::Workshop> workshop = nullptr) {
  const Sha256& wanted = content.artifact().sha256;
  const auto header = pack::read_header(*bytes);
  if (!header) return std::unexpected(header.error());
  const bool fits = header->base ? base && *header->base == base->header().artifact : !base;
  if (header->artifact != wanted || header->size != content.artifact().size || !fits)
    return fail(ErrorCode::Corrupt,
                fmt::format("packed form of {}: it is that of {}{}", wanted.hex(),
                            header->artifact.hex(), fits ? "" : ", with another base"));
  return pack::Reader::open(std::move(bytes), std::move(base), std::move(workshop));
}

}  // namespace

Result<PackedSource> open_packed(const store::PackedContent& packed, const BytesOf& bytes_of) {
  ReaderPtr base;
  if (packed.base) {
    auto opened = open_checked(*packed.base, bytes_of(*packed.base), nullptr);
    if (!opened) return error_of(std::move(opened));
    base = *std::move(opened);
  }
  auto reader = open_checked(packed.content, bytes_of(packed.content), std::move(base));
  if (!reader) return error_of(std::move(reader));
  return PackedSource{packed_id(packed.content), *std::move(reader)};
}

Result<PackedSource> open_packed(const store::PackedContent& packed, store::CacheUse use) {
  return open_packed(packed, [use](const store::Content& content) {
    return std::make_shared<PackedBytes>(content, use);
  });
}

Result<PackedSource> PackedReaders::open(const store::PackedContent& packed) {
  MutexLock lock(mutex_);
  std::erase_if(readers_, [](const auto& entry) { return entry.second.expired(); });
  ReaderPtr base;
  if (packed.base) {
    auto opened = open_one(*packed.base, packed_id(*packed.base), nullptr);
    if (!opened) return error_of(std::move(opened));
    base = *std::move(opened);
  }
  const ContentId id = packed_id(packed.content);
  auto reader = open_one(packed.content, id, std::move(base));
  if (!reader) return error_of(std::move(reader));
  return PackedSource{id, *std::move(reader)};
}

Result<ReaderPtr> PackedReaders::open_one(const store::Content& content, ContentId id,
                                          ReaderPtr base) {
  if (auto known = readers_[id].lock()) return known;
  auto opened = open_checked(content, std::make_shared<PackedBytes>(content, store::CacheUse::Fill),
                             std::move(base), shared_workshop());
  if (opened) readers_[id] = *opened;
  return opened;
}

std::shared_ptr<pack::Workshop> PackedReaders::shared_workshop() {
  auto workshop = workshop_.lock();
  if (!workshop) workshop_ = workshop = std::make_shared<pack::Workshop>(limits_);
  return workshop;
}

std::shared_ptr<const pack::Workshop> PackedReaders::workshop() const {
  MutexLock lock(mutex_);
  return workshop_.lock();
}

}  // namespace stagecache::cache
