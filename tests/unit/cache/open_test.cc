// One fetch for all who ask, bytes while it runs, the end only when it is right.

#include <algorithm>
#include <thread>

#include "cache_fixture.h"

namespace stagecache::cache::test {
namespace {

constexpr std::size_t kHeldBack = 64 << 10;

class OpenTest : public CacheTest {};

TEST_F(OpenTest, FiftyWhoAskAtOnceCostOneGet) {
  const std::string body = bytes_of(2 * kMiB);
  Gate all_asked;
  const auto running = start([&](Exchange& e) {
    all_asked.wait();
    serve(e, body);
  });

  std::vector<std::future<Result<BodyPtr>>> asked;
  for (int i = 0; i < 50; ++i) asked.push_back(open_later(request()));
  all_asked.open();

  for (auto& one : asked) {
    auto opened = one.get();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto got = read_all(**opened);
    EXPECT_FALSE(got.error) << got.error->message;
    EXPECT_EQ(digest_of(got.bytes), digest_of(body));
  }
  EXPECT_EQ(requests(), 1u);
  EXPECT_EQ(cache->counters().misses, 1u);
  EXPECT_EQ(cache->counters().follows, 49u);
}

// Between a look into the store and the start of a fill another may have ended.
TEST_F(OpenTest, WhoAsksWhileAFillEndsDoesNotStartAnother) {
  constexpr int kPaths = 40, kThreads = 6;
  const std::string body = bytes_of(2000);
  const auto running = start([&](Exchange& e) { serve(e, body); });

  std::atomic<int> failures = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < kThreads; ++i)
    clients.emplace_back([&] {
      for (int path = 0; path < kPaths; ++path)
        for (int again = 0; again < 25; ++again)
          if (get(request("/" + std::to_string(path))).bytes != body) ++failures;
    });
  clients.clear();

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(requests(), static_cast<std::size_t>(kPaths));
}

TEST_F(OpenTest, AFollowerGetsBytesWhileTheFillRunsAndTheEndOnlyAfterIt) {
  const std::string body = bytes_of(300'000);
  Gate rest;
  const auto running = start([&](Exchange& e) {
    e.send(ok(body.size()));
    e.send(std::string_view(body).substr(0, body.size() - 1));
    rest.wait();
    e.send(std::string_view(body).substr(body.size() - 1));
  });

  auto opened = open(request());
  ASSERT_TRUE(opened) << opened.error().message;
  auto early = read_until(**opened, body.size() - kHeldBack);
  EXPECT_TRUE(early.bytes == body.substr(0, body.size() - kHeldBack)) << early.bytes.size();
  EXPECT_EQ(read_what_is_there(**opened, early.bytes.size()), "");

  rest.open();
  early.bytes += read_all(**opened, early.bytes.size()).bytes;
  EXPECT_TRUE(early.bytes == body);
}

TEST_F(OpenTest, ARangeHoldsItsOwnEndBack) {
  const std::string body = bytes_of(1'000'000);
  constexpr ByteRange kRange{.begin = 100'000, .end = 400'000};
  Gate rest;
  const auto running = start([&](Exchange& e) {
    e.send(ok(body.size()));
    e.send(std::string_view(body).substr(0, 900'000));
    rest.wait();
    e.send(std::string_view(body).substr(900'000));
  });

  auto all = open(request()), part = open(request());
  ASSERT_TRUE(all && part);
  (*part)->limit(kRange);
  (void)read_until(**all, 800'000);
  const std::string early = read_what_is_there(**part, kRange.begin);
  EXPECT_TRUE(early == body.substr(kRange.begin, kRange.end - kRange.begin - kHeldBack))
      << early.size();

  rest.open();
  const auto late = read_all(**part, kRange.begin + early.size());
  EXPECT_FALSE(late.error);
  EXPECT_TRUE(early + late.bytes == body.substr(kRange.begin, kRange.end - kRange.begin));
}

TEST_F(OpenTest, ARangeShorterThanWhatIsHeldBackWaitsForTheVerification) {
  const std::string body = bytes_of(300'000);
  Gate rest;
  const auto running = start([&](Exchange& e) {
    e.send(ok(body.size()));
    e.send(std::string_view(body).substr(0, 299'000));
    rest.wait();
    e.send(std::string_view(body).substr(299'000));
  });

  auto all = open(request()), part = open(request());
  ASSERT_TRUE(all && part);
  (*part)->limit({.begin = 10, .end = 1010});
  (void)read_until(**all, 200'000);
  EXPECT_EQ(read_what_is_there(**part, 10), "");

  rest.open();
  EXPECT_TRUE(read_all(**part, 10).bytes == body.substr(10, 1000));
}

TEST_F(OpenTest, ABodyOfUnknownLengthComesChunkedAndIsStored) {
  const std::string body = bytes_of(200'000);
  Gate rest;
  const auto running = start([&](Exchange& e) {
    e.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n");
    e.send("30d40\r\n");  // 200,000
    e.send(body);
    rest.wait();
    e.send("\r\n0\r\n\r\n");
  });

  auto opened = open(request());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_FALSE((*opened)->meta().size);
  auto early = read_until(**opened, body.size() - kHeldBack);
  EXPECT_LE(early.bytes.size(), body.size() - kHeldBack);

  rest.open();
  early.bytes += read_all(**opened, early.bytes.size()).bytes;
  EXPECT_TRUE(early.bytes == body);
  EXPECT_EQ(outcome_of(request()), Outcome::Hit);
  EXPECT_EQ(open(request()).value()->meta().size, body.size());
}

TEST_F(OpenTest, AChunkedBodyThatIsCutIsNeverComplete) {
  const std::string body = bytes_of(200'000);
  const auto running = start([&](Exchange& e) {
    e.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n");
    e.send(body);
  });

  const auto got = get(request());

  ASSERT_TRUE(got.error);
  EXPECT_LE(got.bytes.size(), body.size() - kHeldBack);
  EXPECT_EQ(store->stats().artifacts, 0u);
}

TEST_F(OpenTest, AnEmptyBodyIsAnArtifactToo) {
  const auto running = start([&](Exchange& e) { e.send(ok(0, kFresh)); });

  EXPECT_EQ(get(request()).bytes, "");
  const auto again = open(request());

  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->meta().outcome, Outcome::Hit);
  EXPECT_TRUE(std::holds_alternative<AtEnd>(*(*again)->read(0)));
}

TEST_F(OpenTest, TheHeadSaysWhatTheOriginSaid) {
  const std::string body = bytes_of(1000);
  const auto running = start([&](Exchange& e) {
    serve(e, body,
          "ETag: \"v1\"\r\nLast-Modified: Mon, 23 Nov 2026 15:28:00 GMT\r\n"
          "Content-Type: application/x-tar\r\nCache-Control: max-age=60\r\n");
  });

  const BodyPtr miss = open(request()).value();
  EXPECT_EQ(miss->meta().outcome, Outcome::Miss);
  EXPECT_EQ(miss->meta().etag, "\"v1\"");
  EXPECT_EQ(miss->meta().content_type, "application/x-tar");
  EXPECT_TRUE(read_all(*miss).bytes == body);
  clock.advance(std::chrono::seconds(7));

  const BodyPtr hit = open(request()).value();
  EXPECT_EQ(hit->meta().outcome, Outcome::Hit);
  EXPECT_EQ(hit->meta().etag, "\"v1\"");
  EXPECT_EQ(hit->meta().last_modified, "Mon, 23 Nov 2026 15:28:00 GMT");
  EXPECT_EQ(hit->meta().sha256, digest_of(body));
  EXPECT_GE(hit->meta().age_s.value_or(0), 7);
}

TEST_F(OpenTest, AHostThatIsNotListedIsDeniedWithoutAFetch) {
  const auto running = start([&](Exchange& e) { serve(e, "x"); });

  const auto body = open({.source = Url::parse("http://192.0.2.1/x").value()});

  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::Denied);
}

TEST_F(OpenTest, ADigestThatNobodyKnowsIsNotFoundAndTheLineTellsHowToWarmIt) {
  const auto running = start([&](Exchange& e) { serve(e, "x"); });

  const auto body = open({.sha256 = digest_of("y")});

  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::NotFound);
  EXPECT_NE(body.error().message.find("stagecache warm"), std::string::npos);
}

TEST_F(OpenTest, ADigestIsRefilledFromTheSourceThatGaveItBeforeItWasRemoved) {
  const std::string body = bytes_of(5000);
  const auto running = start([&](Exchange& e) { serve(e, body); });
  ASSERT_FALSE(get(request()).error);
  ASSERT_TRUE(wait_until_idle());
  ASSERT_TRUE(store->remove(digest_of(body)));

  EXPECT_TRUE(get({.sha256 = digest_of(body)}).bytes == body);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(OpenTest, AnUpstreamThatHasItNotIsNotFoundForEveryFollower) {
  Gate all_asked;
  const auto running = start([&](Exchange& e) {
    all_asked.wait();
    e.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  });

  auto first = open_later(request()), second = open_later(request());
  all_asked.open();

  EXPECT_EQ(first.get().error().code, ErrorCode::NotFound);
  EXPECT_EQ(second.get().error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace stagecache::cache::test
