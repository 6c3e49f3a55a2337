#include "http/whole_reader.h"

#include <atomic>
#include <unordered_set>
#include <utility>
#include <vector>

#include "http/pin_budget.h"
#include "stagecache/base/mutex.h"

namespace stagecache::http {
namespace {

/// The step in which a text takes its share of the budget.
constexpr std::uint64_t kPinBytes = 64 << 10;

}  // namespace

/// Outlives the reader where a text of it does.
struct WholeReader::Shared {
  explicit Shared(Limits with_limits) : limits(with_limits), budget(with_limits.total_bytes) {}

  /// Leave to work on a reading; false once the reader ends.
  bool enter() EXCLUDES(mutex) {
    MutexLock lock(mutex);
    if (!ending) ++working;
    return !ending;
  }
  void leave() EXCLUDES(mutex) {
    MutexLock lock(mutex);
    if (--working == 0) idle.notify_all();
  }

  const Limits limits;
  PinBudget budget;
  Mutex mutex;
  CondVar idle;
  bool ending GUARDED_BY(mutex) = false;
  int working GUARDED_BY(mutex) = 0;
  std::unordered_set<std::shared_ptr<Reading>> readings GUARDED_BY(mutex);
};

/// One body. Kept by `Shared::readings`; the body's callback only knows it weakly,
/// as it is the body's owner.
class WholeReader::Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(std::shared_ptr<Shared> shared, std::shared_ptr<cache::Body> body, OnText on_text)
      : shared_(std::move(shared)), body_(std::move(body)), on_text_(std::move(on_text)) {}

  /// Reads on. From any thread, also from within `when_ready`: one works, the others
  /// only make it look again.
  void wake() {
    if (wakes_.fetch_add(1) > 0) return;
    for (int seen = 1; seen > 0;) {
      if (!shared_->enter()) return;
      read_on();
      shared_->leave();
      seen = wakes_.fetch_sub(seen) - seen;
    }
  }

  /// REQUIRES: nobody is in it, nor will be.
  void drop() {
    body_.reset();
    on_text_ = nullptr;
  }

 private:
  /// A text and its share of the budget.
  struct Held {
    std::shared_ptr<Shared> shared;  // First: its budget outlives the pins.
    std::vector<PinBudget::Pin> pins;
    std::string text;
  };

  void read_on() {
    while (body_) {
      auto step = body_->read(held_->text.size());
      if (!step) return end(std::unexpected(step.error()));
      if (std::holds_alternative<cache::NotYet>(*step)) return wait();
      if (std::holds_alternative<cache::AtEnd>(*step)) return end(Text(held_, &held_->text));
      if (!take(std::get<store::Slice>(*step))) return;
    }
  }

  void wait() {
    body_->when_ready(held_->text.size(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
  }

  bool take(const store::Slice& slice) {
    const std::uint64_t size = held_->text.size() + slice.size();
    if (size > shared_->limits.body_bytes) {
      end(Text());
      return false;
    }
    while (held_->pins.size() * kPinBytes < size) {
      auto pin = shared_->budget.try_pin(kPinBytes);
      if (!pin) {
        end(fail(ErrorCode::Busy, "too many such files are being read; try again in a moment"));
        return false;
      }
      held_->pins.push_back(*std::move(pin));
    }
    const auto bytes = slice.bytes();
    held_->text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }

  void end(Result<Text> text) {
    body_.reset();
    held_.reset();
    {
      MutexLock lock(shared_->mutex);
      shared_->readings.erase(shared_from_this());
    }
    std::exchange(on_text_, nullptr)(std::move(text));
  }

  const std::shared_ptr<Shared> shared_;
  std::shared_ptr<cache::Body> body_;  // Null once it has ended.
  OnText on_text_;
  std::shared_ptr<Held> held_ = std::make_shared<Held>(shared_);
  std::atomic<int> wakes_{0};
};

WholeReader::WholeReader(Limits limits) : shared_(std::make_shared<Shared>(limits)) {}

WholeReader::~WholeReader() {
  std::unordered_set<std::shared_ptr<Reading>> left;
  {
    MutexLock lock(shared_->mutex);
    shared_->ending = true;
    while (shared_->working > 0) shared_->idle.wait(shared_->mutex);
    left = std::exchange(shared_->readings, {});
  }
  for (const auto& reading : left) reading->drop();
}

void WholeReader::read(std::shared_ptr<cache::Body> body, OnText on_text) {
  const auto reading = std::make_shared<Reading>(shared_, std::move(body), std::move(on_text));
  {
    MutexLock lock(shared_->mutex);
    if (shared_->ending) return;
    shared_->readings.insert(reading);
  }
  reading->wake();
}

}  // namespace stagecache::http
