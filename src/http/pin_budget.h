#pragma once
//
// PinBudget bounds the bytes that connections hold in memory while they wait for
// slow clients: one number for a whole server. A promise that it cannot keep it
// does not give; the connection then waits empty-handed.
// Thread safety: all methods, from any thread.

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace stagecache::http {

class PinBudget {
 public:
  /// Leave to hold some bytes; ends with its life.
  class [[nodiscard]] Pin {
   public:
    Pin(Pin&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (budget_) budget_->pinned_.fetch_sub(bytes_, std::memory_order_relaxed);
    }

   private:
    friend class PinBudget;
    Pin(PinBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
    PinBudget* budget_;
    std::uint64_t bytes_;
  };

  explicit PinBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  /// Nullopt when the limit would be passed.
  std::optional<Pin> try_pin(std::uint64_t bytes) {
    if (pinned_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_)
      return Pin(*this, bytes);
    pinned_.fetch_sub(bytes, std::memory_order_relaxed);
    return std::nullopt;
  }

  std::uint64_t pinned() const { return pinned_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> pinned_{0};
};

}  // namespace stagecache::http
