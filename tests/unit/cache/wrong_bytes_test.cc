// Promise 1: never a complete wrong body, for nobody who follows, whoever else does.

#include "cache_fixture.h"

namespace stagecache::cache::test {
namespace {

class WrongBytesTest : public CacheTest {};

TEST_F(WrongBytesTest, AWrongDigestCutsEveryFollowerAndNothingIsStored) {
  const std::string body = bytes_of(500'000);
  Gate all_asked;
  const auto running = start([&](Exchange& e) {
    all_asked.wait();
    serve(e, body);
  });

  std::vector<std::future<Result<BodyPtr>>> asked;
  for (int i = 0; i < 8; ++i) asked.push_back(open_later(request("/x.tgz", digest_of("other"))));
  all_asked.open();

  for (auto& one : asked) {
    const auto got = read_all(**one.get());
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, ErrorCode::Corrupt);
    EXPECT_LT(got.bytes.size(), body.size());
  }
  ASSERT_TRUE(wait_until_idle());
  EXPECT_EQ(store->stats().artifacts, 0u);
  EXPECT_TRUE(store->unfinished_fills().empty());
}

TEST_F(WrongBytesTest, TheDigestOfOneOfTwoWhoShareAFillIsHeldForThatOne) {
  const std::string body = bytes_of(500'000);
  Gate both_asked;
  const auto running = start([&](Exchange& e) {
    both_asked.wait();
    serve(e, body);
  });

  auto easy = open_later(request());
  auto strict = open_later(request("/x.tgz", digest_of("other")));
  both_asked.open();
  const BodyPtr easy_body = easy.get().value(), strict_body = strict.get().value();

  EXPECT_TRUE(read_all(*easy_body).bytes == body);
  const auto got = read_all(*strict_body);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::Corrupt);
  EXPECT_LT(got.bytes.size(), body.size());
  EXPECT_EQ(requests(), 1u);
}

// What is stored of the source is not what this one demands.
TEST_F(WrongBytesTest, ADeclaredDigestIsNotAnsweredByARevalidationOfOtherBytes) {
  const std::string old_body = bytes_of(5000, 1);
  Gate both_asked, asked;
  const auto running = start([&](Exchange& e) {
    if (e.field("If-None-Match").empty()) return serve(e, old_body, "ETag: \"e\"\r\n");
    asked.open();
    both_asked.wait();
    e.send(kNotModified);
  });
  ASSERT_FALSE(get(request()).error);
  ASSERT_TRUE(wait_until_idle());

  auto revalidating = open_later(request());
  ASSERT_TRUE(asked.wait());
  auto strict = open_later(request("/x.tgz", digest_of("other")));
  both_asked.open();

  EXPECT_TRUE(read_all(**revalidating.get()).bytes == old_body);
  auto strict_body = strict.get();
  if (strict_body) {
    const auto got = read_all(**strict_body);
    EXPECT_TRUE(got.error) << "a complete body of " << got.bytes.size() << " wrong bytes";
  }
}

TEST_F(WrongBytesTest, ADeclaredDigestIsNotAnsweredByStaleBytes) {
  const std::string old_body = bytes_of(5000, 1);
  Gate both_asked, asked;
  std::atomic<bool> down = false;
  const auto running = start([&](Exchange& e) {
    if (!down) return serve(e, old_body, "ETag: \"e\"\r\n");
    asked.open();
    both_asked.wait();
    e.send(kUnavailable);
  });
  ASSERT_FALSE(get(request()).error);
  ASSERT_TRUE(wait_until_idle());
  down = true;

  auto revalidating = open_later(request());
  ASSERT_TRUE(asked.wait());
  auto strict = open_later(request("/x.tgz", digest_of("other")));
  both_asked.open();

  const BodyPtr stale = revalidating.get().value();
  EXPECT_EQ(stale->meta().outcome, Outcome::Stale);
  EXPECT_TRUE(read_all(*stale).bytes == old_body);
  auto strict_body = strict.get();
  EXPECT_TRUE(!strict_body || read_all(**strict_body).error);
}

TEST_F(WrongBytesTest, ABodyThatStaysShortIsNeverComplete) {
  const std::string body = bytes_of(300'000);
  const auto running = start([&](Exchange& e) {  // No validators: nothing to resume by.
    e.send(ok(body.size(), ""));
    e.send(std::string_view(body).substr(0, 290'000));
  });

  const auto got = get(request());

  ASSERT_TRUE(got.error);
  EXPECT_LT(got.bytes.size(), body.size());
  EXPECT_EQ(store->stats().artifacts, 0u);
}

TEST_F(WrongBytesTest, WhatComesBehindTheLengthIsNotPartOfTheBody) {
  const std::string body = bytes_of(300'000);
  const auto running = start([&](Exchange& e) {
    e.send(ok(body.size(), kFresh));
    e.send(body + "and more");
  });

  const auto got = get(request());

  EXPECT_TRUE(got.error || got.bytes == body) << got.bytes.size();
}

TEST_F(WrongBytesTest, TheBodyOfAnotherSizeOnAResumeFailsAndIsNotStored) {
  const std::string body = bytes_of(3 * kMiB, 1), other = bytes_of(3 * kMiB, 2);
  const auto running = start([&](Exchange& e) {
    if (e.number() == 0) {
      e.send(ok(body.size(), "ETag: \"one\"\r\n"));
      e.send(std::string_view(body).substr(0, 2 * kMiB));
      return;
    }
    e.send(ok(other.size(), "ETag: \"two\"\r\n"));
    e.send(other);
  });

  const auto got = get(request());

  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::Changed) << got.error->message;
  EXPECT_EQ(body.compare(0, got.bytes.size(), got.bytes), 0);
  ASSERT_TRUE(wait_until_idle());
  EXPECT_EQ(store->stats().artifacts, 0u);
}

}  // namespace
}  // namespace stagecache::cache::test
