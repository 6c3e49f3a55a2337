// One fetch over real sockets: heads, bodies, framing, statuses.

#include <gtest/gtest.h>

#include "tests/unit/upstream/bench.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using namespace test;  // NOLINT: the bench.
using stagecache::test::ScriptedOrigin;

TEST(Fetch, BringsHeadAndBody) {
  Bench bench([](Exchange& e) { e.send(ok(kBody.size()) + kBody); });

  const Status status = bench.fetch();

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(bench.sink.body == kBody);
  EXPECT_EQ(bench.sink.head->status, 200);
  EXPECT_EQ(bench.sink.head->total_size, kBody.size());
  EXPECT_EQ(bench.sink.head->validators().etag, "\"e\"");
  EXPECT_EQ(bench.upstream.counters().bytes, kBody.size());
  EXPECT_EQ(bench.upstream.counters().requests, 1u);
}

TEST(Fetch, AsksForIdentityAndPassesOnlyEndToEndFields) {
  Bench bench([](Exchange& e) { e.send(ok(0)); });
  bench.request.headers = {{"Accept", "x/y"}, {"Accept-Encoding", "gzip"}, {"Range", "bytes=5-"}};

  ASSERT_TRUE(bench.fetch());

  const std::string head = bench.origin.requests()[0];
  EXPECT_TRUE(head.contains("Accept-Encoding: identity\r\n")) << head;
  EXPECT_TRUE(head.contains("User-Agent: stagecache/0.1\r\n")) << head;
  EXPECT_TRUE(head.contains("Accept: x/y\r\n")) << head;
  EXPECT_FALSE(head.contains("gzip")) << head;
  EXPECT_FALSE(head.contains("Range")) << head;
}

TEST(Fetch, DoesNotWaitForAServerThatKeepsTheConnection) {
  Bench bench([](Exchange& e) {
    e.send(ok(kBody.size()) + kBody);
    e.stay_silent();
  });

  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(bench.fetch());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(Fetch, TakesChunksWithoutALength) {
  Bench bench([](Exchange& e) {
    e.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n "
        "world\r\n0\r\n\r\n");
  });

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.sink.body, "hello world");
  EXPECT_EQ(bench.sink.head->total_size, std::nullopt);
}

TEST(Fetch, NeverTakesCutChunksForWhole) {
  Bench bench([](Exchange& e) {
    e.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  });

  const Status status = bench.fetch();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
}

TEST(Fetch, SkipsInterimHeads) {
  Bench bench([](Exchange& e) {
    e.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(5) + "hello");
  });

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.sink.body, "hello");
  EXPECT_FALSE(find_header(bench.sink.head->headers, "Link"));
}

TEST(Conditional, NotModifiedIsAGoodHead) {
  Bench bench([](Exchange& e) {
    e.send(e.field("If-None-Match") == "\"e\"" ? "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n"
                                               : ok(0));
  });
  bench.request.conditional = true;
  bench.request.validators.etag = "\"e\"";

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.sink.head->status, 304);
  EXPECT_EQ(bench.sink.body, "");
}

TEST(Encoding, GzipIsRefused) {
  Bench bench([](Exchange& e) { e.send(ok(5, "Content-Encoding: gzip\r\n") + "xxxxx"); });

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(status.error().message.contains("Content-Encoding gzip")) << status.error().message;
  EXPECT_EQ(bench.origin.requests().size(), 1u);
}

TEST(Statuses, AreNamedWithTheUrlButWithoutItsQuery) {
  Bench bench([](Exchange& e) { e.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"); });
  bench.request.url.query = "signature=secret";

  EXPECT_EQ(bench.fetch().error(), (Error{ErrorCode::Unavailable,
                                          bench.origin.url("/x.tgz?...: answered 403 Forbidden")}));
  EXPECT_EQ(bench.origin.requests().size(), 1u);
}

TEST(Statuses, BusyIsAskedAgainAfterRetryAfter) {
  Bench bench([](Exchange& e) {
    if (e.number() == 0)
      e.send("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
    else e.send(ok(5) + "hello");
  });

  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(bench.fetch());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(bench.upstream.counters().retries, 1u);
}

}  // namespace
}  // namespace stagecache::upstream
