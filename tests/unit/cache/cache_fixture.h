#pragma once
//
// A Cache over a real Store in a folder of its own and a real Upstream that may
// ask one scripted origin. And the readers that a response would be.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "stagecache/cache/cache.h"
#include "tests/support/scripted_origin.h"
#include "tests/support/temp_folder.h"

namespace stagecache::cache::test {

using Origin = stagecache::test::ScriptedOrigin;
using Exchange = Origin::Exchange;
using BodyPtr = std::shared_ptr<Body>;

/// Nothing in these tests takes this long unless it hangs.
inline constexpr std::chrono::seconds kPatience{30};
inline constexpr std::uint64_t kMiB = 1 << 20;

/// Wall time moves by hand, on top of the real one; steady time is real.
class MovableClock final : public Clock {
 public:
  WallTime wall() const override { return real_.wall() + std::chrono::seconds(ahead_s_.load()); }
  SteadyTime steady() const override { return real_.steady(); }
  void advance(std::chrono::seconds by) { ahead_s_ += by.count(); }

 private:
  SystemClock real_;
  std::atomic<std::int64_t> ahead_s_ = 0;
};

/// Closed until somebody opens it.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, kPatience, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

/// `size` bytes that do not compress and differ between seeds.
std::string bytes_of(std::size_t size, unsigned seed = 1);
Sha256 digest_of(std::string_view bytes);

/// "HTTP/1.1 200 OK", a length, an ETag, and `more` fields.
std::string ok(std::size_t length, std::string_view more = "ETag: \"e\"\r\n");
inline constexpr std::string_view kFresh = "ETag: \"e\"\r\nCache-Control: max-age=3600\r\n";
inline constexpr std::string_view kNotModified = "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n";
inline constexpr std::string_view kUnavailable =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

/// Serves `body` with an ETag, a Range of it where one is asked for.
void serve(Exchange& exchange, std::string_view body, std::string_view more = kFresh);

/// What a client that reads everything got.
struct Received {
  std::string bytes;
  std::optional<Error> error;  ///< None: the body was complete.
};
Received read_all(Body& body, std::uint64_t offset = 0);
/// All that can be had without waiting for more than has come.
std::string read_what_is_there(Body& body, std::uint64_t offset = 0);
/// Waits until `read(offset)` is worth another try.
bool wait_ready(Body& body, std::uint64_t offset);
/// Reads until `bytes` are there; what comes behind them is not waited for.
Received read_until(Body& body, std::uint64_t bytes);

class CacheTest : public ::testing::Test {
 protected:
  /// Ends everything before the locals that the origin's script uses are gone.
  class Running {
   public:
    explicit Running(CacheTest& test) : test_(test) {}
    ~Running() {
      test_.stop();
      test_.origin.reset();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    CacheTest& test_;
  };

  /// The origin; then store, upstream and cache on top.
  [[nodiscard]] Running start(Origin::Script script);
  void start_daemon();
  /// Ends cache, upstream and store, in this order. REQUIRES: no bodies are left.
  virtual void stop();
  void restart() {
    stop();
    start_daemon();
  }

  Url url(std::string_view path = "/x.tgz") const { return Url::parse(origin->url(path)).value(); }
  std::string key(std::string_view path = "/x.tgz") const { return source_key(url(path)); }
  Request request(std::string_view path = "/x.tgz") const { return {.source = url(path)}; }
  Request request(std::string_view path, const Sha256& sha256) const {
    return {.source = url(path), .sha256 = sha256};
  }

  /// Waits for the head.
  Result<BodyPtr> open(Request request);
  std::future<Result<BodyPtr>> open_later(Request request);
  Received get(Request request);
  Result<Artifact> ensure(Want want) {
    return cache->ensure(want, [](const Progress&) {}, {});
  }
  Outcome outcome_of(Request request);
  /// The next that follows is not the download's last moment, but after it.
  bool wait_until_idle() const;
  /// No archive look is under way, which would find damage first.
  bool wait_until_looked_into() const;
  std::size_t requests() const { return origin->requests().size(); }

  /// The one piece of a store that has one; flips a bit of a byte in it.
  void damage_largest_piece();

  const stagecache::test::TempFolder temp;  // Outlives the store that lies in it.
  const std::filesystem::path folder = temp.path();
  MovableClock clock;
  /// These count requests: who looks for checksum files says so.
  Options options{.checksum_files = false, .pack = false};  // Nor is anything packed.
  store::Options store_options;
  upstream::Options upstream_options = quick();
  std::unique_ptr<Origin> origin;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<upstream::Upstream> upstream;
  std::unique_ptr<Cache> cache;

 private:
  static upstream::Options quick();
};

/// True once `holds()` is; gives up after kPatience.
bool eventually(const std::function<bool()>& holds);

}  // namespace stagecache::cache::test
