#include "tests/unit/cache/cache_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>

#include <random>
#include <thread>

#include "stagecache/base/hasher.h"

namespace stagecache::cache::test {

std::string bytes_of(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  std::minstd_rand random(seed + 1);
  for (char& byte : bytes) byte = static_cast<char>(random() >> 7);
  return bytes;
}

Sha256 digest_of(std::string_view bytes) {
  return Sha256::from(hash(HashKind::Sha256, std::as_bytes(std::span(bytes))));
}

std::string ok(std::size_t length, std::string_view more) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n", length, more);
}

void serve(Exchange& exchange, std::string_view body, std::string_view more) {
  const std::uint64_t from = exchange.range_start();
  if (from == 0) {
    exchange.send(ok(body.size(), more));
  } else {
    exchange.send(
        fmt::format("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\n{}\r\n", from,
                    body.size() - 1, body.size(), more));
  }
  exchange.send(body.substr(from));
}

bool wait_ready(Body& body, std::uint64_t offset) {
  const auto ready = std::make_shared<std::promise<void>>();
  auto future = ready->get_future();
  body.when_ready(offset, [ready] { ready->set_value(); });
  return future.wait_for(kPatience) == std::future_status::ready;
}

Received read_until(Body& body, std::uint64_t bytes) {
  Received got;
  while (got.bytes.size() < bytes) {
    auto step = body.read(got.bytes.size());
    if (!step) {
      got.error = step.error();
      return got;
    }
    if (std::holds_alternative<AtEnd>(*step)) return got;
    if (const auto* slice = std::get_if<store::Slice>(&*step)) {
      got.bytes.append(reinterpret_cast<const char*>(slice->bytes().data()), slice->size());
      continue;
    }
    if (wait_ready(body, got.bytes.size())) continue;
    got.error = Error{ErrorCode::TimedOut, "the test waited in vain"};
    return got;
  }
  return got;
}

Received read_all(Body& body, std::uint64_t offset) {
  Received got;
  for (;;) {
    auto step = body.read(offset + got.bytes.size());
    if (!step) {
      got.error = step.error();
      return got;
    }
    if (std::holds_alternative<AtEnd>(*step)) return got;
    if (const auto* slice = std::get_if<store::Slice>(&*step)) {
      got.bytes.append(reinterpret_cast<const char*>(slice->bytes().data()), slice->size());
      continue;
    }
    if (wait_ready(body, offset + got.bytes.size())) continue;
    got.error = Error{ErrorCode::TimedOut, "the test waited in vain"};
    return got;
  }
}

std::string read_what_is_there(Body& body, std::uint64_t offset) {
  std::string bytes;
  for (;;) {
    auto step = body.read(offset + bytes.size());
    const auto* slice = step ? std::get_if<store::Slice>(&*step) : nullptr;
    if (slice == nullptr) return bytes;
    bytes.append(reinterpret_cast<const char*>(slice->bytes().data()), slice->size());
  }
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    // What is waited for are plain counters and catalog queries, which wake nobody.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

upstream::Options CacheTest::quick() {
  upstream::Options options;
  options.attempts = 2;
  options.first_backoff = std::chrono::milliseconds(1);
  options.longest_backoff = std::chrono::milliseconds(5);
  return options;
}

CacheTest::Running CacheTest::start(Origin::Script script) {
  store_options = {.path = folder / "store",
                   .quota_bytes = 400 * kMiB,
                   .min_free_bytes = 0,
                   .memory_bytes = 64 * kMiB,
                   .clock = &clock};
  origin = std::make_unique<Origin>(std::move(script));
  start_daemon();
  return Running(*this);
}

void CacheTest::start_daemon() {
  auto opened = store::Store::open(store_options);
  ASSERT_TRUE(opened) << opened.error().message;
  store = *std::move(opened);
  upstream = std::make_unique<upstream::Upstream>(upstream_options,
                                                  upstream::Policy({{.name = "127.0.0.1",
                                                                     .scheme = Scheme::Http,
                                                                     .ports = {origin->port()},
                                                                     .allow_private = true,
                                                                     .connections = 64}},
                                                                   {}));
  cache = std::make_unique<Cache>(options, *store, *upstream, clock);
}

void CacheTest::stop() {
  cache.reset();
  upstream.reset();
  store.reset();
}

std::future<Result<BodyPtr>> CacheTest::open_later(Request request) {
  const auto promise = std::make_shared<std::promise<Result<BodyPtr>>>();
  cache->open(std::move(request),
              [promise](Result<BodyPtr> body) { promise->set_value(std::move(body)); });
  return promise->get_future();
}

Result<BodyPtr> CacheTest::open(Request request) {
  auto body = open_later(std::move(request));
  if (body.wait_for(kPatience) == std::future_status::ready) return body.get();
  return fail(ErrorCode::TimedOut, "the test waited in vain for a head");
}

Received CacheTest::get(Request request) {
  auto body = open(std::move(request));
  if (!body) return {.bytes = "", .error = body.error()};
  return read_all(**body);
}

Outcome CacheTest::outcome_of(Request request) {
  auto body = open(std::move(request));
  if (!body) {
    ADD_FAILURE() << body.error().message;
    return Outcome::Pass;
  }
  const auto got = read_all(**body);
  EXPECT_FALSE(got.error) << got.error->message;
  return (*body)->meta().outcome;
}

bool CacheTest::wait_until_idle() const {
  return eventually([this] { return cache->counters().fills_running == 0; });
}

bool CacheTest::wait_until_looked_into() const {
  return eventually([this] {
    return std::ranges::none_of(store->list(), [](const store::ArtifactInfo& info) {
      return info.artifact.archive.kind == ArchiveSummary::Kind::Unknown;
    });
  });
}

void CacheTest::damage_largest_piece() {
  std::filesystem::path largest;
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(store_options.path / "db"))
    if (entry.path().extension() == ".sst" && entry.file_size() > size) {
      size = entry.file_size();
      largest = entry.path();
    }
  const int file = ::open(largest.c_str(), O_RDWR | O_CLOEXEC);
  char byte = 0;
  ASSERT_EQ(::pread(file, &byte, 1, 1000), 1);
  byte = static_cast<char>(byte ^ 0x10);
  ASSERT_EQ(::pwrite(file, &byte, 1, 1000), 1);
  ::close(file);
}

}  // namespace stagecache::cache::test
