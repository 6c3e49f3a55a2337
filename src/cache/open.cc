// From a request to a body: what is stored, what runs, what must be fetched.

#include <fmt/format.h>

#include <algorithm>

#include "cache_control.h"
#include "cache_parts.h"
#include "freshness.h"
#include "packed_body.h"
#include "stagecache/base/log.h"
#include "stagecache/model/shown.h"
#include "stagecache/upstream/credentials.h"

namespace stagecache::cache {
namespace {

/// Credentials make an answer the requester's own (RFC 9111 3.5).
bool is_unshared(const Headers& headers) {
  return std::ranges::any_of(
      headers, [](const Header& header) { return upstream::is_credential(header.name); });
}

std::string quoted(const Sha256& sha256) {
  return "\"" + sha256.hex() + "\"";
}

/// The origin's strong tag, so that a resume begun before the digest was known
/// still fits; else the digest.
std::string etag_of(const Validators& validators, const std::optional<Sha256>& sha256) {
  if (validators.etag.starts_with('"')) return validators.etag;
  return sha256 ? quoted(*sha256) : "";
}

/// The origin's Date of an answer of that age.
WallTime sent_at(WallTime received, std::int64_t age_s) {
  return received - std::chrono::seconds(age_s);
}

/// RFC 9111 5.1: no Age says that the origin has just answered this very request.
std::optional<std::int64_t> age_of(const Fill::View& fill, Outcome outcome, WallTime now) {
  if (outcome != Outcome::Follow && fill.initial_age_s == 0) return std::nullopt;
  return fill.initial_age_s + std::max<std::int64_t>(0, (now - fill.head_at).count());
}

}  // namespace

void Cache::Parts::open(Request request, OnBody on_body) {
  if (request.sha256) open_digest(std::move(request), std::move(on_body));
  else open_source(std::move(request), std::move(on_body));
}

/// /sha256/<hex>/...: the digest says it all; the source only tells where to look
/// when it is not stored.
void Cache::Parts::open_digest(Request request, OnBody on_body) {
  const Sha256 wanted = *request.sha256;
  if (auto body = stored(wanted, nullptr, Outcome::Hit)) {
    ++context_.counters.hits;
    return on_body(std::move(body));
  }
  if (!request.source) {
    const auto sources = context_.store.sources_of(wanted);
    const auto url =
        sources.empty() ? fail(ErrorCode::NotFound, "") : Url::parse(sources.front().url);
    if (!url)
      return on_body(
          fail(ErrorCode::NotFound,
               fmt::format("sha256 {} is not stored and no source of it is known; ask your "
                           "operator to run: stagecache warm URL#sha256=HEX",
                           wanted.hex())));
    request.source = *url;
  }
  auto admitted = context_.upstream.policy().admit(*request.source);
  if (!admitted) return on_body(error_of(std::move(admitted)));
  fetch({.key = source_key(*request.source),
         .url = *std::move(admitted),
         .declared = wanted,
         .headers = request.headers,
         .unshared = is_unshared(request.headers)},
        std::move(on_body));
}

void Cache::Parts::open_source(Request request, OnBody on_body) {
  auto admitted = context_.upstream.policy().admit(*request.source);
  if (!admitted) return on_body(error_of(std::move(admitted)));
  FillOrder order{.key = source_key(*request.source),
                  .url = *std::move(admitted),
                  .headers = std::move(request.headers)};
  order.unshared = is_unshared(order.headers);
  // Offline nobody else can say whose it is.
  if (order.unshared && !context_.upstream.offline())
    return fetch(std::move(order), std::move(on_body));

  const auto source = context_.store.find_source(order.key);
  if (source && context_.store.find_artifact(source->sha256)) {
    if (is_good(*source, order.headers)) {
      if (auto body = stored(source->sha256, &*source, Outcome::Hit)) {
        ++context_.counters.hits;
        return on_body(std::move(body));
      }
    } else {
      order.seen = *source;
      if (selects(source->vary, order.headers)) order.stored = *source;
      order.hurried = order.stored && may_serve_stale(*source, ErrorCode::TimedOut, order.headers);
    }
  } else if (source && source->strength == DigestStrength::Declared) {
    order.declared = source->sha256;  // Evicted; what comes back must be the same.
  }
  const CacheControl wanted = read_cache_control(order.headers);
  if (wanted.only_if_cached)
    return on_body(fail(ErrorCode::TimedOut,
                        fmt::format("{} is not stored, or not good any more, and the request says "
                                    "only-if-cached; ask again without that to have it fetched",
                                    shown(order.key))));
  // RFC 9111 5.2.1.5: nothing of its answer may be kept.
  if (wanted.no_store && !order.declared && !order.stored) order.unshared = true;
  fetch(std::move(order), std::move(on_body));
}

/// May what is stored of `source` be served to a request with these fields?
bool Cache::Parts::is_good(const Source& source, const Headers& request) const {
  if (!selects(source.vary, request)) return false;
  if (is_good_for(source, request, clock_.wall(), lifetimes())) return true;
  // The origin put other bytes behind a URL that names a version: while these are
  // pinned there is nothing to ask it.
  const auto info = source.changed_at ? context_.store.info(source.sha256) : std::nullopt;
  return info && info->pinned;
}

Lifetimes Cache::Parts::lifetimes() const {
  return {.fallback = context_.options.default_lifetime,
          .heuristic_limit = context_.options.heuristic_lifetime};
}

void Cache::Parts::fetch(FillOrder order, OnBody on_body) {
  Follower follower{.expected = order.declared, .order = order};
  auto joined = join(std::move(order));
  if (!joined) {
    if (auto body = stale_instead(follower.order.stored, joined.error(), follower))
      return on_body(std::move(body));
    return on_body(error_of(std::move(joined)));
  }
  if (!joined->fill) return on_body(stored_now(follower.order.key, follower.expected));
  follower.outcome = joined->started ? Outcome::Miss : Outcome::Follow;
  answer_from(joined->fill, std::move(follower), std::move(on_body));
}

void Cache::Parts::answer_from(const std::shared_ptr<Fill>& fill, Follower follower,
                               OnBody on_body) {
  fill->when_head(
      [this, fill, follower = std::move(follower), on_body = std::move(on_body)]() mutable {
        // Only now it shows that the answer was for the request that got it, and not for us.
        if (follower.outcome == Outcome::Follow &&
            !selects(fill->view().vary, follower.order.headers)) {
          follower.order.unshared = true;
          return fetch(std::move(follower.order), std::move(on_body));
        }
        on_body(body_from(fill, follower));
      });
}

Result<std::shared_ptr<Body>> Cache::Parts::body_from(const std::shared_ptr<Fill>& fill,
                                                      const Follower& follower) {
  const auto& expected = follower.expected;
  const Fill::View view = fill->view();
  if (view.phase == Fill::Phase::Unchanged) return stored_now(fill->order().key, expected);
  if (view.phase == Fill::Phase::Failed) {
    if (auto body = stale_instead(fill->order().stored, *view.error, follower)) return body;
    return std::unexpected(*view.error);
  }
  if (view.first_readable > 0)
    return fail(
        ErrorCode::Busy,
        fmt::format("{} has no room in the store and is being passed to another client; try "
                    "again",
                    shown(fill->order().key)));

  const Outcome outcome = view.stored ? follower.outcome : Outcome::Pass;
  if (outcome == Outcome::Miss) ++context_.counters.misses;
  if (outcome == Outcome::Follow) ++context_.counters.follows;
  if (outcome == Outcome::Pass) ++context_.counters.passes;
  const std::optional<Sha256> sha256 = expected ? expected : view.sha256;
  Meta meta{.size = view.size,
            .sha256 = sha256,
            .etag = etag_of(view.validators, sha256),
            .last_modified = view.validators.last_modified,
            .date_is_strong = is_strong_date(view.validators.last_modified,
                                             sent_at(view.head_at, view.initial_age_s)),
            .content_type = view.content_type,
            .age_s = age_of(view, outcome, clock_.wall()),
            .caching = view.caching,
            .outcome = outcome};
  return follower_body(context_, fill, expected, std::move(meta));
}

/// What is stored in the place of what the upstream failed to say; null when that
/// may not be (RFC 9111 4.2.4), or when it is not what is wanted.
std::shared_ptr<Body> Cache::Parts::stale_instead(const std::optional<Source>& was,
                                                  const Error& why, const Follower& follower) {
  if (!was || (follower.expected && was->sha256 != *follower.expected)) return nullptr;
  if (!selects(was->vary, follower.order.headers)) return nullptr;
  if (!may_serve_stale(*was, why.code, follower.order.headers)) return nullptr;
  auto body = stored(was->sha256, &*was, Outcome::Stale);
  if (body) ++context_.counters.stale;
  return body;
}

/// What is stored of a source since a moment ago.
Result<std::shared_ptr<Body>> Cache::Parts::stored_now(const std::string& key,
                                                       std::optional<Sha256> expected) {
  const auto source = context_.store.find_source(key);
  const bool fits = source && (!expected || source->sha256 == *expected);
  const auto sha256 = fits ? std::optional(source->sha256) : expected;
  auto body = sha256 ? stored(*sha256, fits ? &*source : nullptr, Outcome::Hit) : nullptr;
  if (!body)
    return fail(ErrorCode::Busy, fmt::format("{} was evicted a moment ago; try again", shown(key)));
  ++context_.counters.hits;
  return body;
}

/// A body of what is stored; null when it is not. `source` null: asked for by its
/// digest, whose ETag is the digest.
std::shared_ptr<Body> Cache::Parts::stored(const Sha256& sha256, const Source* source,
                                           Outcome outcome) {
  const auto content = context_.store.content(sha256);
  const bool lies_raw = content && *content;
  auto packed = lies_raw ? Result<std::optional<store::PackedContent>>(std::nullopt)
                         : context_.store.packed(sha256);
  const bool lies_packed = packed && *packed;
  if (!lies_raw && !lies_packed) return nullptr;
  context_.store.touch(sha256);
  if (lies_packed) ++context_.counters.packed_hits;
  const Artifact& artifact = lies_raw ? (*content)->artifact() : (*packed)->content.artifact();
  if (lies_packed && outcome == Outcome::Hit) outcome = Outcome::Packed;
  Meta meta{.size = artifact.size, .sha256 = sha256, .etag = quoted(sha256), .outcome = outcome};
  if (source != nullptr) {
    meta.etag = etag_of(source->validators, sha256);
    meta.last_modified = source->validators.last_modified;
    meta.date_is_strong = is_strong_date(source->validators.last_modified,
                                         sent_at(source->validated_at, source->initial_age_s));
    meta.content_type = source->content_type;
    meta.age_s = current_age_s(*source, clock_.wall());
    meta.caching = fields_for_caches(source->cache_control, source->lifetime_s, source->vary);
  }
  if (lies_packed) return packed_body(context_, **std::move(packed), std::move(meta));
  return stored_body(context_, **content, std::move(meta));
}

/// RFC 9111 4.2.4, unless the operator says otherwise. A client that demands to
/// have it validated (5.2.1.4) gets the error.
bool Cache::Parts::may_serve_stale(const Source& source, ErrorCode why,
                                   const Headers& request) const {
  if (context_.upstream.offline()) return true;
  if (read_cache_control(request).no_cache) return false;
  if (context_.options.stale_anyway || source.warmed) return true;
  const bool upstream_failed =
      why == ErrorCode::Unavailable || why == ErrorCode::TimedOut || why == ErrorCode::Busy;
  return upstream_failed && !source.stale_forbidden;
}

}  // namespace stagecache::cache
