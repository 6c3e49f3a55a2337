#include "form_check.h"

#include <memory>

#include "disk_bytes.h"
#include "whole_read.h"

namespace stagecache::cache {
namespace {

Status check_packed(const store::PackedContent& packed, const pack::Sink& sink) {
  const auto source = open_packed(
      packed, [](const store::Content& content) { return std::make_shared<DiskBytes>(content); });
  if (!source) return std::unexpected(source.error());
  return rebuild_whole(*source->reader, nullptr, sink);
}

}  // namespace

Status check_form(store::Store& store, const Sha256& sha256, store::Form form, const Pace& pace) {
  const auto paced = [&](std::span<const std::byte> bytes) { return pace(bytes.size()); };
  if (form == store::Form::Packed) {
    const auto packed = store.packed(sha256);
    if (!packed) return std::unexpected(packed.error());
    return *packed ? check_packed(**packed, paced) : Status();
  }
  const auto content = store.content(sha256);
  if (!content) return std::unexpected(content.error());
  return *content ? read_whole(DiskBytes(**content), sha256, paced) : Status();
}

}  // namespace stagecache::cache
