// Broken, changed and wrongly measured bodies, over real sockets.

#include <gtest/gtest.h>

#include "tests/unit/upstream/bench.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using namespace test;  // NOLINT: the bench.
using stagecache::test::ScriptedOrigin;

TEST(Resume, GoesOnAfterACut) {
  Bench bench([](Exchange& e) {
    const std::uint64_t from = e.range_start();
    e.send(from ? partial(from) : ok(kBody.size()));
    e.send(kBody.substr(from, 100'000));
  });

  const Status status = bench.fetch();

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(bench.sink.body == kBody);
  EXPECT_EQ(bench.sink.head->total_size, kBody.size());
  ASSERT_EQ(bench.origin.requests().size(), 3u);
  EXPECT_TRUE(bench.origin.requests()[1].contains("Range: bytes=100000-\r\n"));
  EXPECT_TRUE(bench.origin.requests()[1].contains("If-Range: \"e\"\r\n"));
  EXPECT_EQ(bench.upstream.counters().resumes, 2u);
}

TEST(Resume, GoesOnAfterAReset) {
  Bench bench([](Exchange& e) {
    const std::uint64_t from = e.range_start();
    e.send(from ? partial(from) : ok(kBody.size()));
    e.send(kBody.substr(from, from ? std::string::npos : 100'000));
    if (!from) {
      e.stay_silent(200);  // Else the reset overtakes the bytes.
      e.reset();
    }
  });

  ASSERT_TRUE(bench.fetch());
  EXPECT_TRUE(bench.sink.body == kBody);
}

TEST(Resume, SkipsWhatItHasWhenTheOriginIgnoresRange) {
  Bench bench([](Exchange& e) {
    e.send(ok(kBody.size()) + kBody.substr(0, e.number() == 0 ? 100'000 : kBody.size()));
  });

  ASSERT_TRUE(bench.fetch());
  EXPECT_TRUE(bench.sink.body == kBody);
  EXPECT_EQ(bench.origin.requests().size(), 2u);
}

TEST(Resume, NoticesThatTheBodyChanged) {
  Bench bench([](Exchange& e) {
    if (e.number() == 0) e.send(ok(kBody.size()) + kBody.substr(0, 1000));
    else e.send(ok(kBody.size(), "ETag: \"other\"\r\n") + std::string(kBody.size(), 'z'));
  });

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Changed);
  EXPECT_EQ(bench.sink.body, kBody.substr(0, 1000));
}

TEST(Resume, NoticesAChangeThoughTheOriginIgnoresIfRange) {
  Bench bench([](Exchange& e) {
    if (e.number() == 0) e.send(ok(kBody.size()) + kBody.substr(0, 1000));
    else e.send(partial(1000, "\"other\"") + kBody.substr(1000));
  });

  EXPECT_EQ(bench.fetch().error().code, ErrorCode::Changed);
}

TEST(Resume, IsDoneWhenNothingIsLeft) {
  Bench bench([](Exchange& e) {
    e.send(
        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */5\r\nContent-Length: "
        "0\r\n\r\n");
  });
  bench.request.offset = 5;
  bench.request.expected_size = 5;
  bench.request.digest_known = true;

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.sink.head->total_size, 5u);
  EXPECT_EQ(bench.sink.head->offset, 5u);
}

TEST(WrongLength, TooShortIsNeverWhole) {
  Bench bench([](Exchange& e) { e.send(ok(kBody.size(), "") + kBody.substr(1)); });

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(status.error().message.contains("ended after 299999 of 300000 bytes"))
      << status.error().message;
}

TEST(WrongLength, TooLongIsNeverWhole) {
  for (const std::size_t pause_ms : {0, 60}) {
    Bench bench([=](Exchange& e) {
      e.send(ok(5) + "hello");
      e.stay_silent(static_cast<int>(pause_ms));
      e.send("!");
    });

    const Status status = bench.fetch();

    ASSERT_FALSE(status) << pause_ms;
    EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
    EXPECT_TRUE(status.error().message.contains("more than the 5 bytes")) << status.error().message;
    EXPECT_EQ(bench.origin.requests().size(), 1u);
  }
}

TEST(WrongLength, AResumeThatBringsTooMuchIsNeverWhole) {
  Bench bench([](Exchange& e) {
    const std::uint64_t from = e.range_start();
    e.send(from ? partial(from) : ok(kBody.size()));
    e.send(from ? kBody.substr(from) + "!" : kBody.substr(0, 1000));
  });

  EXPECT_FALSE(bench.fetch());
}

}  // namespace
}  // namespace stagecache::upstream
