#pragma once
//
// The cache answers "give me the bytes for this request": from the store, from a
// fill that runs, or by starting one. One fill a source, any number of followers.
//
// Promise 1 lives here: every Body on a running fill holds its last bytes back
// until the fill's SHA-256 is right (its length, where nobody knows a digest).
//
// Thread safety: all methods, from any thread. None blocks on network or disk
// except `ensure` and the destructor.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/base/result.h"
#include "stagecache/cache/body.h"
#include "stagecache/cache/knowledge.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"
#include "stagecache/model/url.h"
#include "stagecache/store/store.h"
#include "stagecache/upstream/upstream.h"

namespace stagecache::cache {

struct Options {
  std::size_t fills = 8;                     ///< Concurrent downloads; more wait in a queue.
  std::size_t fill_queue = 1024;             ///< Fills waiting for a thread; more are Busy.
  std::size_t readers = 4;                   ///< Threads that read the disk for bodies.
  std::chrono::seconds default_lifetime{0};  ///< Of answers that name none; 0: ask again.
  /// The bound of RFC 9111 4.2.2's guess where neither is given; 0: no guess.
  std::chrono::seconds heuristic_lifetime{0};
  bool checksum_files = true;  ///< Look for checksum files beside archives nobody declared.
  bool stale_anyway = false;
  std::chrono::seconds disk_full_wait{60};  ///< A fill waits this long for room.
  /// A fill that cannot be stored waits this long for a client that takes nothing.
  std::chrono::milliseconds slowest_follower{30'000};
  bool pack = true;  ///< Pack what is alike; false: what is packed already is served.
  std::uint64_t segment_bytes = 64ull << 20;  ///< Rebuilt segments of packed forms in memory.
  /// Decoded slices of all keyframes in memory; 40 MiB are plenty for one, so this is for two.
  std::uint64_t keyframe_bytes = 80ull << 20;
};

/// What a client asks for. At least one of the two is set.
struct Request {
  std::optional<Url> source;     ///< /mirror/..., absolute form, origin form by Host.
  std::optional<Sha256> sha256;  ///< /sha256/...: the digest is enforced.
  Headers headers;               ///< End-to-end request fields, as received.
};

/// Asked for by a warm job.
struct Want {
  Url source;
  std::optional<Sha256> sha256;
  bool pin = true;
};

/// They only grow, but for `fills_running`.
struct Counters {
  std::uint64_t hits = 0, misses = 0, follows = 0, passes = 0, stale = 0;
  std::uint64_t fills = 0, fill_failures = 0, fills_resumed = 0, fills_running = 0;
  std::uint64_t served_bytes = 0;  ///< Body bytes handed to bodies' readers.
  std::uint64_t changed = 0;       ///< Other bytes came from a URL that names a version.
  std::uint64_t packed_hits = 0;   ///< Of `hits` and `stale`: served from the packed form.
  std::uint64_t packs = 0, pack_failures = 0;
  std::uint64_t promotions = 0;  ///< Raw forms given back to what is asked for often.
};

/// What the packer is at.
struct PackerState {
  enum class Doing { Idle, Sketching, Packing, Promoting };
  Doing doing = Doing::Idle;
  std::string name;      ///< The artifact's; "" when idle.
  unsigned percent = 0;  ///< Of this pass over the artifact; packing is two, the second compares.
  bool paused = false;   ///< It lets clients or downloads go first.
};
std::string_view to_string(PackerState::Doing doing);  ///< "idle", "packing", ...

class Cache {
 public:
  /// All are borrowed and outlive this. Unfinished fills of the store are
  /// resumed in the background at once.
  Cache(Options options, store::Store& store, upstream::Upstream& upstream, const Clock& clock);
  /// Stops the fills (what they have is kept for a resume) and waits for them.
  ~Cache();

  using OnBody = std::move_only_function<void(Result<std::shared_ptr<Body>>)>;

  /// Calls `on_body` exactly once, on this or another thread, when the head of
  /// the answer is known. Errors: Denied, NotFound, Gone, Busy, TimedOut,
  /// Unavailable, Corrupt, BadInput: each with one line for the app developer.
  void open(Request request, OnBody on_body);

  /// Blocks until the artifact is stored and verified (and pinned). `on_progress`
  /// is called from this thread, at least once a second while something changes.
  /// Fails as `open`, and with NoSpace when it cannot be kept, Cancelled on `stop`.
  Result<Artifact> ensure(const Want& want, const std::function<void(const Progress&)>& on_progress,
                          std::stop_token stop);

  /// What is known of what `request` asks for. Changes nothing.
  Knowledge know(const Request& request) const;
  /// How long a failure of this source is the answer without another try; nullopt:
  /// it would be tried.
  std::optional<std::chrono::seconds> retry_after(const Request& request) const;

  /// From the return on nothing goes out. Downloads that run end and keep what they
  /// have; what is stored is served, however old. Does not outlive the process.
  void go_offline();
  /// Unfinished downloads go on by themselves.
  void go_online();

  Counters counters() const;
  PackerState packer() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stagecache::cache
