#pragma once
//
// The scrub answers: is what lies on the disk still what was stored? It reads every form of
// every artifact at a bounded rate and compares the SHA-256. A damaged form is taken out;
// what has no other form left is fetched again.
//
// It refuses to hurry or to push: one thread of low priority, nothing stays in the block cache,
// a lease only on what it reads at the moment, an end within one read when the daemon ends.
//
// Begins every `interval` (counted from the end of the last one that read everything, which the
// store remembers over restarts; within the hour after one that did not) and when asked. Thread
// safety: all methods, from any thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/base/result.h"
#include "stagecache/cache/cache.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

/// A form that was not what it should be, and what became of the artifact.
struct ScrubFinding {
  enum class State {
    Kept,      ///< It has another form, which is served.
    Fetching,  ///< It is being fetched again.
    Fetched,   ///< It is stored again.
    Lost,      ///< It could not be fetched; `error` says why.
  };
  Sha256 sha256;
  std::string name;
  store::Form form = store::Form::Raw;
  std::string text;  ///< What is wrong, in one line.
  WallTime found_at{};
  State state = State::Kept;
  std::string error;  ///< "" unless Lost.
};
std::string_view to_string(ScrubFinding::State state);  ///< "kept", "fetching", ...

struct ScrubStatus {
  enum class State { Idle, Running };
  State state = State::Idle;
  // Of the scrub that runs, else of the last one since the daemon began.
  std::optional<WallTime> started_at;
  std::optional<WallTime> ended_at;
  std::uint64_t forms = 0, forms_read = 0;
  std::uint64_t bytes = 0, bytes_read = 0;  ///< Of artifacts, whatever they take on the disk.
  std::uint64_t unread = 0;                 ///< Forms that could not be read now; no damage.
  std::string broken_off;                   ///< Why it ended early; "" where it did not.
  std::string reading;                      ///< The artifact's name; "" for nothing.
  std::uint64_t damaged = 0;
  std::vector<ScrubFinding> findings;  ///< At most kScrubFindings of them.

  std::optional<WallTime> last_end;  ///< Of any scrub that read everything, kept over restarts.
  std::optional<WallTime> next_at;   ///< None: only when asked, or nothing is stored.
};
std::string_view to_string(ScrubStatus::State state);  ///< "idle", "running"
/// Of one that has ended: nothing was left out.
bool has_read_everything(const ScrubStatus& status);

inline constexpr std::size_t kScrubFindings = 1000;

class Scrub {
 public:
  struct Options {
    std::uint64_t rate = 20'000'000;               ///< Bytes of artifacts a second; 0: no bound.
    std::chrono::seconds interval{0};              ///< 0: only when asked.
    std::chrono::milliseconds look_every{30'000};  ///< Whether one is due.
  };

  /// All are borrowed and outlive this.
  Scrub(Options options, store::Store& store, Cache& cache, const Clock& clock);
  ~Scrub();

  /// Begins one now; status() says Running from the return on. Fails with Conflict while one
  /// runs.
  Status start();
  ScrubStatus status() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stagecache::cache
