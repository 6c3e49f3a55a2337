#pragma once
//
// Content: a lease on the bytes of one form of an artifact. Filling: the bytes of one
// that is being downloaded. Both hand out Slices: bytes in memory that stay while held.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"

namespace stagecache::store {

/// A chunk is what is read, cached and pinned as one; a piece is what is written
/// and deleted as one file. See docs/format.md; both are part of the format.
inline constexpr std::uint64_t kChunkBytes = 512 << 10;
inline constexpr std::uint64_t kPieceBytes = 16 << 20;

/// Bytes that stay valid and unchanged as long as this is held. Cheap to move.
class Slice {
 public:
  Slice() = default;
  Slice(std::span<const std::byte> bytes, std::shared_ptr<const void> holder)
      : bytes_(bytes), holder_(std::move(holder)) {}

  std::span<const std::byte> bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// The same bytes less the first `count`. REQUIRES: count <= size().
  Slice after(std::size_t count) const { return {bytes_.subspan(count), holder_}; }
  /// The first `count` bytes. REQUIRES: count <= size().
  Slice first(std::size_t count) const { return {bytes_.first(count), holder_}; }

 private:
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> holder_;
};

/// How an artifact's bytes lie on the disk: as they are, or as module `pack` made them.
enum class Form { Raw, Packed };
constexpr std::string_view to_string(Form form) {
  return form == Form::Raw ? "raw" : "packed";
}
/// Where those bytes lie; 0: it has no such form.
inline ContentId content_of(const Artifact& artifact, Form form) {
  if (form == Form::Raw) return artifact.raw_content;
  return artifact.packed ? artifact.packed->content : 0;
}

/// Whether a read from the disk leaves the chunk in the block cache. A pass over
/// everything (archive look, scrub) would only push out what clients ask for.
enum class CacheUse { Fill, LeaveAlone };

/// A lease: while one is alive the content's bytes stay on the disk. Copies share
/// it. Thread safety: all methods, from any thread.
class Content {
 public:
  struct State;
  explicit Content(std::shared_ptr<State> state);

  /// As it was when the lease was taken.
  const Artifact& artifact() const;
  /// Bytes of this form.
  std::uint64_t size() const;

  /// The bytes from `offset` to the end of its chunk, if they are in memory;
  /// nullopt when the disk must be read. Never blocks on the disk.
  /// Fails as `read` does. REQUIRES: offset < size().
  Result<std::optional<Slice>> read_cached(std::uint64_t offset) const;

  /// The same from wherever they are. Fails with Corrupt when a checksum or a
  /// length is wrong, Cancelled when the lease was revoked to make room.
  Result<Slice> read(std::uint64_t offset, CacheUse use = CacheUse::Fill) const;

 private:
  friend class DiskReader;
  std::shared_ptr<State> state_;
};

/// Leases on a packed form and, where that is a difference, on the keyframe that it needs.
struct PackedContent {
  Content content;
  std::optional<Content> base;
};

/// The one writer of a content, and its readers while it grows. `append`,
/// `commit`, `suspend`, `drop`: one thread. `read`, `size`: any thread.
///
/// Destroyed without commit or drop, it leaves the fill record and what is
/// stored, to be resumed later; what only was in memory is lost.
class Filling {
 public:
  struct State;
  explicit Filling(std::unique_ptr<State> state);
  ~Filling();

  ContentId id() const;
  /// Bytes that can be read: everything appended so far.
  std::uint64_t size() const;

  /// Fails with NoSpace (the reservation cannot grow), DiskFull (once there is
  /// room, `append({})` tries again to write what is held in memory; no byte is
  /// lost), Internal. On DiskFull all of `bytes` has been taken.
  Status append(std::span<const std::byte> bytes);

  /// Bytes from `offset` to the end of its chunk or to size(). May read the disk.
  /// REQUIRES: offset < size().
  Result<Slice> read(std::uint64_t offset) const;
  /// The same if it is in memory.
  Result<std::optional<Slice>> read_cached(std::uint64_t offset) const;

  /// What the upstream said, once its head is known. Synced.
  Status note_head(const Validators& validators, std::optional<std::uint64_t> size,
                   const std::string& content_type, std::optional<std::int64_t> lifetime_s);

  /// Makes the artifact and its source visible and durable, and ends the fill.
  /// After success the bytes are a Content, which this keeps readable, too.
  Status commit(const Artifact& artifact, const Source& source, bool pin);

  /// Writes the whole chunks that are in memory, so that a resume finds them.
  Status suspend();

  /// Deletes the fill record and every byte.
  Status drop();

 private:
  std::unique_ptr<State> state_;
};

}  // namespace stagecache::store
