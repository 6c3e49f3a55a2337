#pragma once
//
// WholeReader reads bodies into memory, as many at once as its limits allow, without
// a thread of its own: each body's callbacks carry it on. Small bodies only; the
// limits are per body and over all.
//
// Thread safety: all methods, from any thread. After the destructor no callback of a
// body comes in any more, and none of its bodies is left.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "stagecache/base/result.h"
#include "stagecache/cache/body.h"

namespace stagecache::http {

class WholeReader {
 public:
  struct Limits {
    std::uint64_t body_bytes;   ///< Of one body.
    std::uint64_t total_bytes;  ///< Of all, while they are read or their text is held.
  };
  /// A text that counts against `total_bytes` as long as it is held.
  using Text = std::shared_ptr<const std::string>;
  /// Null: the body is longer than `body_bytes`.
  using OnText = std::move_only_function<void(Result<Text>)>;

  explicit WholeReader(Limits limits);
  /// Readings that have not ended are dropped, and their callbacks with them.
  ~WholeReader();

  /// Calls back once, on this or another thread, when the body was read to its
  /// verified end. Fails as the body does, and with Busy.
  void read(std::shared_ptr<cache::Body> body, OnText on_text);

 private:
  class Reading;
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace stagecache::http
