#pragma once
// What a body is to call back, unless it has gone meanwhile.

#include <functional>
#include <memory>
#include <utility>

namespace stagecache::cache {

class PendingCall {
 public:
  /// What is returned calls `callback` as long as this lives and is bound to nothing else.
  std::move_only_function<void()> bind(std::move_only_function<void()> callback) {
    call_ = std::make_shared<std::move_only_function<void()>>(std::move(callback));
    return [weak = std::weak_ptr(call_)] {
      if (const auto call = weak.lock()) (*call)();
    };
  }

 private:
  std::shared_ptr<std::move_only_function<void()>> call_;
};

}  // namespace stagecache::cache
