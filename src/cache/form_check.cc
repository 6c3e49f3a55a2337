#include "form_check.h"

#include <fmt/format.h>

#include "disk_bytes.h"
#include "stagecache/base/hasher.h"
#include "stagecache/pack/reader.h"
#include "stagecache/store/disk_reader.h"

namespace stagecache::cache {
namespace {

Status compare(const Hasher& hasher, const Sha256& wanted) {
  const Sha256 found = Sha256::from(hasher.digest());
  if (found == wanted) return {};
  return fail(ErrorCode::Corrupt, fmt::format("the sha256 is {}", found.hex()));
}

Status check_raw(const store::Content& content, const Pace& pace) {
  const store::DiskReader reader(content);
  Hasher hasher(HashKind::Sha256);
  for (std::uint64_t offset = 0; offset < content.size();) {
    const auto slice = reader.read(offset);
    if (!slice) return std::unexpected(slice.error());
    hasher.update(slice->bytes());
    offset += slice->size();
    RETURN_IF_ERROR(pace(slice->size()));
  }
  return compare(hasher, content.artifact().sha256);
}

using ReaderPtr = std::shared_ptr<const pack::Reader>;

Result<ReaderPtr> reader_of(const store::PackedContent& packed) {
  ReaderPtr base;
  if (packed.base) {
    auto opened = pack::Reader::open(std::make_shared<DiskBytes>(*packed.base), nullptr);
    if (!opened) return opened;
    base = *std::move(opened);
  }
  return pack::Reader::open(std::make_shared<DiskBytes>(packed.content), std::move(base));
}

/// Rebuilds all of it.
Status check_packed(const store::PackedContent& packed, const Pace& pace) {
  const auto reader = reader_of(packed);
  if (!reader) return std::unexpected(reader.error());
  Hasher hasher(HashKind::Sha256);
  for (std::size_t segment = 0; segment < (*reader)->segments(); ++segment) {
    const auto bytes = (*reader)->rebuild(segment);
    if (!bytes) return std::unexpected(bytes.error());
    hasher.update(*bytes);
    RETURN_IF_ERROR(pace(bytes->size()));
  }
  return compare(hasher, packed.content.artifact().sha256);
}

}  // namespace

Status check_form(store::Store& store, const Sha256& sha256, store::Form form, const Pace& pace) {
  if (form == store::Form::Packed) {
    const auto packed = store.packed(sha256);
    if (!packed) return std::unexpected(packed.error());
    return *packed ? check_packed(**packed, pace) : Status();
  }
  const auto content = store.content(sha256);
  if (!content) return std::unexpected(content.error());
  return *content ? check_raw(**content, pace) : Status();
}

}  // namespace stagecache::cache
