#include "http/index_answers.h"

#include <fmt/ranges.h>

#include <utility>

#include "http/artifact_response.h"
#include "http/text_body.h"
#include "stagecache/base/hasher.h"
#include "stagecache/base/log.h"
#include "stagecache/manifest/index_yml.h"

namespace stagecache::http {
namespace {

constexpr std::uint64_t kAllIndexes = 64 << 20;  // Bytes of all that are read or sent at a time.
constexpr std::size_t kQueue = 1024;

void log_kept(const cache::Meta& meta, const manifest::IndexRewrite& index) {
  const bool is_new = meta.outcome == cache::Outcome::Miss || meta.outcome == cache::Outcome::Pass;
  if (!is_new || index.kept.empty()) return;
  log_info("index.yml: {} URLs stay as they are, their hosts are not on the allow list: {}",
           index.kept.size(), fmt::join(index.kept, " "));
}

/// The same body, whose bytes are ours now.
cache::Meta meta_of_rewritten(cache::Meta meta, const std::string& text) {
  meta.sha256 = Sha256::from(hash(HashKind::Sha256, std::as_bytes(std::span(text))));
  meta.etag.clear();
  meta.date_is_strong = false;  // Other settings make another body of the same date.
  return meta;
}

}  // namespace

IndexAnswers::IndexAnswers(std::function<bool(const Url&)> may_fetch)
    : may_fetch_(std::move(may_fetch)),
      pool_({.name = "index", .threads = 1, .queue_limit = kQueue}),
      reader_({.body_bytes = manifest::kMaxIndexBytes, .total_bytes = kAllIndexes}) {}

void IndexAnswers::answer(Question question, std::shared_ptr<cache::Body> body, Give give) {
  if (body->meta().size.value_or(0) > manifest::kMaxIndexBytes)
    return give(artifact_response(question.headers, NamedBy::Url, std::move(body)));
  reader_.read(body, [this, question = std::move(question), body,
                      give = std::move(give)](Result<WholeReader::Text> text) mutable {
    if (!text) return give(error_of(std::move(text)));
    if (!*text) return give(artifact_response(question.headers, NamedBy::Url, std::move(body)));
    const bool posted =
        pool_.try_post([this, question = std::move(question), meta = body->meta(),
                        text = *std::move(text), give] { give(rewritten(question, meta, text)); });
    if (!posted) give(fail(ErrorCode::Busy, "too many index.yml are being read; try again"));
  });
}

Response IndexAnswers::rewritten(const Question& question, const cache::Meta& meta,
                                 WholeReader::Text text) {
  auto index = manifest::rewrite_index(*text, [&](const Url& url) -> std::optional<std::string> {
    if (!may_fetch_ || !may_fetch_(url)) return std::nullopt;
    return mirror_url_of(question.root, url);
  });
  if (!index)
    return artifact_response(question.headers, NamedBy::Url,
                             std::make_shared<TextBody>(std::move(text), meta));
  log_kept(meta, *index);
  const auto ours = std::make_shared<const std::string>(std::move(index->text));
  auto response =
      artifact_response(question.headers, NamedBy::Digest,
                        std::make_shared<TextBody>(ours, meta_of_rewritten(meta, *ours)));
  if (question.root.from_request) response.headers.push_back({"Vary", "Host"});
  return response;
}

}  // namespace stagecache::http
