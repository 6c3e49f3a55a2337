#include "published_digest.h"

#include <fmt/format.h>

#include <array>

#include "stagecache/base/log.h"
#include "stagecache/base/mutex.h"

namespace stagecache::cache {
namespace {

/// A body that is small, or none.
class SmallSink final : public upstream::Sink {
 public:
  Status on_head(const upstream::ResponseHead& head) override {
    return head.total_size.value_or(0) > manifest::kMaxChecksumFileBytes ? too_large() : Status();
  }
  Status on_body(std::span<const std::byte> bytes) override {
    if (text.size() + bytes.size() > manifest::kMaxChecksumFileBytes) return too_large();
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }

  std::string text;

 private:
  static Status too_large() { return fail(ErrorCode::BadInput, "too large for a checksum file"); }
};

/// Who asks and by what right; not what was said of the archive's form.
Headers passed_on(const Headers& headers) {
  Headers result;
  for (const Header& header : headers)
    for (const std::string_view name : {"Authorization", "Cookie", "User-Agent"})
      if (same_header_name(header.name, name)) result.push_back(header);
  return result;
}

bool is_absent(ErrorCode code) {
  return code == ErrorCode::NotFound || code == ErrorCode::Gone;
}

}  // namespace

/// What the thread of the pool and the one that waits share.
class PublishedLookup::Search {
 public:
  Search(upstream::Fetcher& fetcher, Question question)
      : fetcher_(fetcher),
        archive_(std::move(question.archive)),
        headers_(passed_on(question.headers)) {}

  void run() EXCLUDES(mutex_) {
    auto found = find();
    MutexLock lock(mutex_);
    found_ = std::move(found);
    done_ = true;
    changed_.notify_all();
  }
  void stop() { stop_.request_stop(); }

  Result<std::optional<PublishedDigest>> wait(std::chrono::milliseconds patience,
                                              std::stop_token stop) EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + patience;
    const std::stop_callback wake(stop, [this] {
      MutexLock lock(mutex_);
      changed_.notify_all();
    });
    MutexLock lock(mutex_);
    while (!done_) {
      if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopping");
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= left.zero()) {
        log_info("{}: no checksum file came within {} ms of its end", archive_.to_string(),
                 patience.count());
        return std::nullopt;
      }
      changed_.wait_for(mutex_, std::chrono::duration_cast<std::chrono::milliseconds>(left) +
                                    std::chrono::milliseconds(1));
    }
    return found_;
  }

 private:
  std::optional<PublishedDigest> find() {
    std::string trouble;
    for (const manifest::ChecksumSuffix& suffix : manifest::checksum_suffixes()) {
      Url url = archive_;
      url.path += suffix.text;
      SmallSink sink;
      const auto done =
          fetcher_.fetch({.url = url, .headers = headers_, .once = true}, sink, stop_.get_token());
      if (stop_.stop_requested()) return std::nullopt;
      if (!done) {
        if (!is_absent(done.error().code)) trouble = done.error().message;
        continue;
      }
      auto sum = manifest::read_checksum_file(sink.text, suffix, archive_.base_name());
      if (sum) return PublishedDigest{*std::move(sum), std::move(url)};
      trouble = url.to_string() + ": says nothing of it that can be read";
    }
    if (!trouble.empty()) log_info("{}: no checksum file: {}", archive_.to_string(), trouble);
    return std::nullopt;
  }

  upstream::Fetcher& fetcher_;
  const Url archive_;
  const Headers headers_;
  std::stop_source stop_;
  Mutex mutex_;
  CondVar changed_;
  bool done_ GUARDED_BY(mutex_) = false;
  std::optional<PublishedDigest> found_ GUARDED_BY(mutex_);
};

bool PublishedLookup::is_worth_asking(const Url& archive) {
  return manifest::has_archive_name(archive.base_name());
}

PublishedLookup::PublishedLookup(upstream::Fetcher& fetcher, WorkerPool& pool, Question question)
    : search_(std::make_shared<Search>(fetcher, std::move(question))) {
  if (pool.try_post([search = search_] { search->run(); })) return;
  search_->stop();
  search_->run();  // Finds nothing, at once.
}

PublishedLookup::~PublishedLookup() {
  search_->stop();
}

Result<std::optional<PublishedDigest>> PublishedLookup::wait(std::chrono::milliseconds patience,
                                                             std::stop_token stop) {
  return search_->wait(patience, std::move(stop));
}

}  // namespace stagecache::cache
