#include "stagecache/store/quota.h"

#include <fmt/format.h>

#include "stagecache/base/check.h"

namespace stagecache::store {

Quota::Quota(std::uint64_t limit_bytes, std::uint64_t metadata_bytes)
    : limit_(limit_bytes), metadata_(metadata_bytes) {}

Quota::Reservation& Quota::Reservation::operator=(Reservation&& other) noexcept {
  Reservation old(std::move(*this));  // Gives back what this one still held.
  quota_ = std::exchange(other.quota_, nullptr);
  left_ = std::exchange(other.left_, 0);
  return *this;
}

Quota::Reservation::~Reservation() {
  if (quota_ == nullptr) return;
  MutexLock lock(quota_->mutex_);
  CHECK(left_ <= quota_->reserved_);
  quota_->reserved_ -= left_;
}

void Quota::Reservation::spend(std::uint64_t bytes) {
  CHECK(quota_ != nullptr && bytes <= left_);
  MutexLock lock(quota_->mutex_);
  quota_->reserved_ -= bytes;
  quota_->used_ += bytes;
  left_ -= bytes;
}

void Quota::Reservation::give_back(std::uint64_t bytes) {
  CHECK(quota_ != nullptr && bytes <= left_);
  MutexLock lock(quota_->mutex_);
  quota_->reserved_ -= bytes;
  left_ -= bytes;
}

void Quota::Reservation::merge(Reservation&& other) {
  CHECK(quota_ != nullptr && other.quota_ == quota_);
  left_ += std::exchange(other.left_, 0);
  other.quota_ = nullptr;
}

Result<Quota::Reservation> Quota::reserve(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  // Subtract only after ruling out that the limit was lowered below what is
  // already taken.
  const std::uint64_t taken = metadata_ + used_ + reserved_;
  const std::uint64_t free = taken < limit_ ? limit_ - taken : 0;
  if (bytes > free)
    return fail(ErrorCode::NoSpace,
                fmt::format("need {} bytes, {} of the quota of {} are free", bytes, free, limit_));
  reserved_ += bytes;
  return Reservation(*this, bytes);
}

void Quota::add_used(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  used_ += bytes;
}

void Quota::release_used(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  CHECK(bytes <= used_);
  used_ -= bytes;
}

void Quota::set_metadata(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  metadata_ = bytes;
}

Quota::Usage Quota::usage() const {
  MutexLock lock(mutex_);
  return {.limit = limit_, .metadata = metadata_, .used = used_, .reserved = reserved_};
}

}  // namespace stagecache::store
