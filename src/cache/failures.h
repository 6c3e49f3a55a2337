#pragma once
//
// Failures remembers why a source could not be had. For a short, growing time (1 s,
// doubling to 60 s, at least the upstream's own Retry-After) every client gets that
// answer at once and nobody goes upstream: a thousand stagings that retry do no harm
// to an origin that is down. For an hour a person who opens the URL in a browser reads
// the line that curl hid: the PySpark buildpack saves an error's body as its tarball.
//
// A program is held back by the failure of a request with its own fields alone: what an
// origin answers to strange fields is no word on how it answers others, and stagings run
// code that nobody trusts.
//
// It never remembers what is a requester's own (credentials), nor what the request's
// form brought about; its callers see to that. Bounded: the oldest go.
//
// Thread safety: all methods, from any thread. Times are given, not taken.

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"
#include "stagecache/model/header.h"
#include "stagecache/model/sha256.h"

namespace stagecache::cache {

/// A person's browser, by its Accept field: it asks for text/html. Java's own client
/// names that type, too, and images besides; curl asks for */*.
struct Asker {
  enum class Kind { Program, Person };
  Kind kind = Kind::Program;
  std::size_t fields = 0;  ///< Equal for requests that go upstream with the same fields.
  bool operator==(const Asker&) const = default;
};
Asker asker_of(const Headers& headers);

class Failures {
 public:
  /// 20 MiB at the very most: sources with longer keys are not remembered.
  static constexpr std::size_t kMaxEntries = 10'000;
  static constexpr std::size_t kMaxKeyBytes = 1024;
  static constexpr std::chrono::seconds kMemory{3600};
  static constexpr std::chrono::seconds kFirstPause{1};
  static constexpr std::chrono::seconds kLongestPause{60};

  /// A digest that somebody declared wrongly must not stand in the way of others.
  struct Name {
    std::string source_key;
    std::optional<Sha256> declared;
    bool operator==(const Name&) const = default;
  };
  /// Kinds of requests that are held back apart; of more the oldest is let go.
  static constexpr std::size_t kMaxKinds = 4;
  struct HeldBack {
    std::size_t fields = 0;
    SteadyTime next_try{};
  };
  struct Entry {
    Name name;
    Error error;  ///< With the line that clients were given.
    WallTime at{};
    std::uint64_t times = 1;  ///< In a row.
    std::chrono::seconds pause{};
    SteadyTime noted{};
    std::vector<HeldBack> held_back;  ///< Latest last.

    /// When the last of them is let through.
    SteadyTime next_try() const;
  };
  struct Now {
    WallTime wall;
    SteadyTime steady;
  };

  struct Failed {
    Error error;
    std::size_t fields = 0;  ///< Of the request that failed.
    std::optional<std::chrono::seconds> retry_after = {};
  };
  enum class News { Yes, SameAsBefore };
  /// News: the first failure within the hour, or another reason than the last.
  News note(const Name& name, const Failed& failed, Now now) EXCLUDES(mutex_);
  /// It succeeded, for this digest or for whoever demands none.
  void forget(const Name& name) EXCLUDES(mutex_);

  /// What the asker is answered instead of a new try; nullopt: try.
  std::optional<Entry> refusal(const Name& name, Asker asker, SteadyTime now) const
      EXCLUDES(mutex_);
  /// The last failure under this name within the hour.
  std::optional<Entry> known(const Name& name, SteadyTime now) const EXCLUDES(mutex_);
  /// The last failure of the source within the hour, with any digest.
  std::optional<Entry> latest(const std::string& source_key, SteadyTime now) const EXCLUDES(mutex_);

 private:
  struct Hash {
    std::size_t operator()(const Name& name) const;
  };
  using Entries = std::list<Entry>;  // Latest first.

  const Entry* find(const Name& name, SteadyTime now) const REQUIRES(mutex_);
  void erase(const Name& name) REQUIRES(mutex_);

  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  std::unordered_map<Name, Entries::iterator, Hash> by_name_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::cache
