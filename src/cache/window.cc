#include "window.h"

#include "stagecache/base/check.h"

namespace stagecache::cache {

void Window::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  blocks_.push_back(std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end()));
  end_ += bytes.size();
}

void Window::forget_before(std::uint64_t offset) {
  while (!blocks_.empty() && begin_ + blocks_.front()->size() <= offset) forget_first();
}

void Window::forget_first() {
  CHECK(!blocks_.empty());
  begin_ += blocks_.front()->size();
  blocks_.pop_front();
}

std::optional<store::Slice> Window::read(std::uint64_t offset) const {
  CHECK(offset < end_);
  if (offset < begin_) return std::nullopt;
  std::uint64_t at = begin_;
  for (const Block& block : blocks_) {
    if (offset < at + block->size())
      return store::Slice(std::span(*block), block).after(offset - at);
    at += block->size();
  }
  return std::nullopt;
}

}  // namespace stagecache::cache
