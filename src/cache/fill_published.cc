// What a download has to do with its publisher's word: asked for while the bytes
// come, compared before the last of them go out.

#include <fmt/format.h>

#include "download.h"
#include "stagecache/base/hex.h"

namespace stagecache::cache {
namespace {

/// How long a body that is all there waits for its checksum file. Diego's downloader
/// gives up after 10 s without a byte.
constexpr std::chrono::milliseconds kPatience{5'000};

}  // namespace

/// Where a digest was declared nobody need ask; and where nothing will be shown.
void Fill::Download::ask_for_published() {
  const bool is_of_use = context_.options.checksum_files && !order_.declared &&
                         mode_ == Mode::Keep && PublishedLookup::is_worth_asking(order_.url);
  if (!is_of_use || lookup_) return;
  lookup_.emplace(context_.upstream.fetcher(), context_.checksum_pool,
                  PublishedLookup::Question{.archive = order_.url, .headers = order_.headers});
  if (filling_ || received_ > 0) return;
  // These bytes cannot be read again.
  md5_.emplace(HashKind::Md5);
  sha1_.emplace(HashKind::Sha1);
}

Status Fill::Download::check_published() {
  ask_for_published();  // Of a resumed fill that had everything.
  if (!lookup_) return {};
  auto published = lookup_->wait(kPatience, stop_);
  if (!published) return error_of(std::move(published));
  if (!*published) return {};
  const auto& [sum, url] = **published;
  const auto ours = digest_of_all(sum.kind);
  if (!ours) return std::unexpected(ours.error());
  if (*ours != sum.hex)
    return stagecache::fail(
        ErrorCode::Corrupt,
        fmt::format("{} has the {} {}, {} says {}: not stored", order_.url.to_string(),
                    manifest::name_of(sum.kind), *ours, url.to_string(), sum.hex));
  published_ = manifest::name_of(sum.kind);
  return {};
}

Result<std::string> Fill::Download::digest_of_all(HashKind kind) {
  if (kind == HashKind::Sha512) return to_hex(sha512_.digest());
  if (kind == HashKind::Sha256) return to_hex(sha256_.digest());
  const auto& kept = kind == HashKind::Md5 ? md5_ : sha1_;
  if (kept) return to_hex(kept->digest());

  Hasher hasher(kind);
  for (std::uint64_t offset = 0; offset < received_;) {
    if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    const auto slice = filling_->read(offset);
    if (!slice) return std::unexpected(slice.error());
    hasher.update(slice->bytes());
    offset += slice->size();
  }
  return to_hex(hasher.digest());
}

}  // namespace stagecache::cache
