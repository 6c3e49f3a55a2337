// The scrub finds what rotted, takes it out and fetches it again; what cannot be fetched is named.

#include "scrub_fixture.h"

namespace stagecache::cache::test {
namespace {

TEST_F(ScrubTest, ReadsEverythingAndFindsNothingWhereNothingIsWrong) {
  const auto running =
      start([](Exchange& e) { serve(e, bytes_of(kMiB + 7, static_cast<unsigned>(e.number()))); });
  warm_up("/x.tgz");
  warm_up("/y.tgz");
  make_scrub();

  const ScrubStatus status = scrubbed();

  EXPECT_EQ(status.forms_read, 2u);
  EXPECT_EQ(status.bytes_read, 2 * (kMiB + 7));
  EXPECT_EQ(status.bytes, status.bytes_read);
  EXPECT_EQ(status.damaged, 0u);
  EXPECT_TRUE(status.started_at && status.ended_at && status.last_end);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(ScrubTest, WhatIsDamagedIsFetchedAgainAndItsPinStays) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(3 * kMiB)); });
  ASSERT_TRUE(ensure({.source = url()}));
  ASSERT_TRUE(wait_until_idle());
  damage_largest_piece();
  make_scrub();

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 1u);
  EXPECT_EQ(status.findings[0].sha256, digest_of(bytes_of(3 * kMiB)));
  EXPECT_EQ(status.findings[0].form, store::Form::Raw);
  EXPECT_EQ(status.findings[0].state, ScrubFinding::State::Fetched) << status.findings[0].error;
  EXPECT_EQ(requests(), 2u);
  EXPECT_TRUE(store->info(digest_of(bytes_of(3 * kMiB)))->pinned);
  EXPECT_EQ(scrubbed().damaged, 0u);
}

TEST_F(ScrubTest, WhatTheUpstreamDoesNotGiveAgainIsLostAndTheReasonIsNamed) {
  std::atomic<bool> gone = false;
  const auto running = start([&gone](Exchange& e) {
    if (gone) e.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    else serve(e, bytes_of(3 * kMiB));
  });
  warm_up();
  damage_largest_piece();
  gone = true;
  make_scrub();

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 1u);
  EXPECT_EQ(status.findings[0].state, ScrubFinding::State::Lost);
  EXPECT_NE(status.findings[0].error.find("404"), std::string::npos) << status.findings[0].error;
  EXPECT_EQ(store->stats().artifacts, 0u);
}

TEST_F(ScrubTest, ARefillWithOtherBytesIsNoRefill) {
  const auto running = start([](Exchange& e) {
    serve(e, bytes_of(3 * kMiB, static_cast<unsigned>(e.number())), "ETag: \"e\"\r\n");
  });
  warm_up();
  damage_largest_piece();
  make_scrub();

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 1u);
  EXPECT_EQ(status.findings[0].state, ScrubFinding::State::Lost);
  EXPECT_FALSE(store->find_artifact(digest_of(bytes_of(3 * kMiB, 0))));
}

TEST_F(ScrubTest, OneRunsAtATime) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(3 * kMiB)); });
  warm_up();
  make_scrub({.rate = 1});
  ASSERT_TRUE(scrub->start());

  const auto second = scrub->start();

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_EQ(scrub->status().state, ScrubStatus::State::Running);
}  // And it ends at once, however slow it is.

TEST_F(ScrubTest, KeepsToItsRate) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(3 * kMiB)); });
  warm_up();
  make_scrub({.rate = 10 * kMiB});
  const auto began = std::chrono::steady_clock::now();

  EXPECT_EQ(scrubbed().bytes_read, 3 * kMiB);

  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(290));
}

TEST_F(ScrubTest, BeginsByItselfAnIntervalAfterTheFirstArtifactAndThenAfterEachEnd) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(5000)); });
  const Scrub::Options weekly{
      .rate = 0, .interval = std::chrono::days(7), .look_every = std::chrono::milliseconds(5)};
  make_scrub(weekly);
  EXPECT_FALSE(scrub->status().next_at) << "nothing is stored";
  warm_up();
  const auto due = scrub->status().next_at;
  ASSERT_TRUE(due);
  EXPECT_GE(*due, clock.wall() + std::chrono::days(7) - std::chrono::seconds(60));
  EXPECT_FALSE(scrub->status().started_at);

  clock.advance(std::chrono::days(7));

  ASSERT_TRUE(eventually([this] { return scrub->status().last_end.has_value(); }));
  const auto end = *scrub->status().last_end;
  EXPECT_EQ(scrub->status().next_at, end + std::chrono::days(7));
  restart();
  make_scrub(weekly);
  EXPECT_EQ(scrub->status().last_end, end) << "kept over a restart";
  EXPECT_FALSE(scrub->status().started_at);
}

TEST_F(ScrubTest, EndsAtOnceWhileItWaitsForADownload) {
  Gate asked, answer;
  const auto running = start([&](Exchange& e) {
    if (e.number() > 0) {
      asked.open();
      answer.wait();
    }
    serve(e, bytes_of(3 * kMiB));
  });
  warm_up();
  damage_largest_piece();
  make_scrub();
  ASSERT_TRUE(scrub->start());
  ASSERT_TRUE(asked.wait());

  scrub.reset();

  answer.open();
}

TEST_F(ScrubTest, LeavesTheBlockCacheToClients) {
  const auto running = start([](Exchange& e) { serve(e, bytes_of(3 * kMiB)); });
  warm_up();
  restart();
  make_scrub();

  EXPECT_EQ(scrubbed().bytes_read, 3 * kMiB);

  const auto content = store->content(digest_of(bytes_of(3 * kMiB))).value();
  EXPECT_FALSE(content->read_cached(0).value()) << "it was not in memory before";
}

}  // namespace
}  // namespace stagecache::cache::test
