#pragma once
//
// FormWriter writes another form of an artifact that is stored already: the packed one
// beside the raw one, or the raw one again. It knows bytes and forms, not how to pack.
//
// INVARIANT: no record names what it writes until `commit`, so a crash leaves nothing of
// it. The quota counts it from the first byte. As long as it lives nothing is evicted of
// the artifact and of those that its order says to keep.
//
// Thread safety: one thread. Must be gone before the Store is.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "stagecache/base/result.h"
#include "stagecache/model/sha256.h"
#include "stagecache/store/content.h"

namespace stagecache::store {

class FormWriter {
 public:
  struct State;
  explicit FormWriter(std::unique_ptr<State> state);
  /// Without a commit: every byte is deleted, once its readers have ended.
  ~FormWriter();

  /// Fails with NoSpace (there is no more room than the order reserved), DiskFull, Internal;
  /// there is nothing to do then but to give up.
  Status append(std::span<const std::byte> bytes);
  std::uint64_t size() const;

  /// Writes what is in memory, so that all can be read back and compared before the commit.
  /// Nothing names it yet. Fails as `append` does. REQUIRES: nothing is appended afterwards.
  Result<Content> seal();

  enum class RawForm { Keep, Drop };
  struct Commit {
    std::optional<Sha256> base = {};   ///< Of a packed form: what it is a difference to.
    RawForm raw_form = RawForm::Keep;  ///< Of a packed form: whether the raw one stays beside it.
  };
  /// Gives the artifact its form, in one synced batch; seals where that was not done. What
  /// reads a dropped raw form may do so to its end. Fails with NotFound when the artifact is
  /// gone; Conflict when it has such a form already, or when the base is no longer the
  /// keyframe that it was when the writer began; Corrupt when a raw form has another size than
  /// the artifact; DiskFull; Internal.
  Status commit(const Commit& commit);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace stagecache::store
