#pragma once
//
// Fill::Download: the download side of a fill. It takes what the upstream sends,
// hashes it, puts it into the store (or a window), and commits it once the digest
// is right. fill_run.cc: how bytes come in; fill_published.cc: what their publisher
// says of them; fill_end.cc: what becomes of them.
//
// One thread, that of the fill.

#include <functional>

#include "fill.h"
#include "freshness.h"
#include "published_digest.h"
#include "stagecache/base/hasher.h"

namespace stagecache::cache {

class Fill::Download final : public upstream::Sink {
 public:
  Download(Fill& fill, std::stop_token stop)
      : fill_(fill), context_(fill.context_), order_(fill.order_), stop_(std::move(stop)) {}

  Status execute();

  Status on_head(const upstream::ResponseHead& head) override;
  Status on_body(std::span<const std::byte> bytes) override;
  void on_retry_hint(const upstream::RetryHint& hint) override { retry_after_ = hint.after; }

  /// What the upstream asked for with its last refusal.
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }

 private:
  /// What is done with the bytes that come.
  enum class Mode {
    Keep,     ///< Into the store, or through a window where they may not or cannot be stored.
    Compare,  ///< Only hashed: the pinned bytes of this URL go on being served.
  };

  Status take_up(const store::FillRecord& record);
  Status rehash(std::uint64_t stored);
  Status open_storage(const upstream::ResponseHead& head);
  Result<std::unique_ptr<store::Filling>> begin_filling(std::optional<std::uint64_t> size);
  void publish_head();
  Status retry_while_full(const std::function<Status()>& write);

  void ask_for_published();
  Status check_published();
  Result<std::string> digest_of_all(HashKind kind);

  Status note_unchanged(const upstream::ResponseHead& head);
  bool must_keep_pinned() const;
  void serve_stored();
  Status finish();
  Status finish_comparing(const Sha256& sha256);
  Status commit(const Sha256& sha256);
  void note_changed(const Source& before, const Sha256& now, std::string_view what_follows);
  void clean_up(ErrorCode code);
  bool resumable() const { return order_.declared || validators_.strong(); }
  Artifact artifact() const;
  Source source() const;

  Fill& fill_;
  CacheContext& context_;
  const FillOrder& order_;
  const std::stop_token stop_;
  Hasher sha256_{HashKind::Sha256};
  Hasher sha512_{HashKind::Sha512};
  std::optional<Hasher> md5_, sha1_;  // Of an unstored body that a publisher may know.
  std::optional<PublishedLookup> lookup_;
  std::string published_;  // By what a publisher's digest was right: "sha512". "" for none.
  std::shared_ptr<store::Filling> filling_;  // Null: unstored.
  std::uint64_t received_ = 0;
  Mode mode_ = Mode::Keep;
  bool unchanged_ = false;
  Validators validators_;
  std::string content_type_;
  Terms terms_;
  std::optional<std::uint64_t> size_;
  std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace stagecache::cache
