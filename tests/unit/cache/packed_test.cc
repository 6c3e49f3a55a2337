// What is alike is packed behind everybody's back, and comes back as it was.

#include <map>

#include "cache_fixture.h"
#include "releases.h"

namespace stagecache::cache::test {
namespace {

const std::string& version(unsigned number) {
  static std::map<unsigned, std::string> made;
  auto& bytes = made[number];
  if (bytes.empty()) bytes = release(number);
  return bytes;
}

std::string path_of(unsigned number) {
  return "/program-" + std::to_string(number) + ".tgz";
}

class PackedTest : public CacheTest {
 protected:
  PackedTest() { options.pack = true; }

  /// An origin that has versions 1 ... 9, and bytes that are no archive.
  [[nodiscard]] Running start_releases() {
    return start([this](Exchange& e) {
      if (e.path() == "/slow.bin") {
        e.send(ok(10));
        slow_may_end.wait();
        e.send("0123456789");
        return;
      }
      for (unsigned number = 1; number <= 9; ++number)
        if (e.path() == path_of(number)) return serve(e, version(number));
      serve(e, bytes_of(kMiB));
    });
  }

  Sha256 name(unsigned number) const { return digest_of(version(number)); }
  Artifact artifact(unsigned number) const { return store->find_artifact(name(number)).value(); }
  bool lies_only_packed(unsigned number) const {
    const auto found = store->find_artifact(name(number));
    return found && found->packed && found->raw_content == 0;
  }
  /// The first as keyframe, the second as a difference to it.
  void pack_two() {
    ASSERT_TRUE(get(request(path_of(1))).bytes == version(1));
    ASSERT_TRUE(get(request(path_of(2))).bytes == version(2));
    ASSERT_TRUE(eventually([this] { return lies_only_packed(1) && lies_only_packed(2); }));
    ASSERT_EQ(artifact(2).packed->base, name(1));
  }

  Gate slow_may_end;
};

TEST_F(PackedTest, ANewVersionTakesAFractionAndIsServedAsItWas) {
  const auto running = start_releases();
  pack_two();

  EXPECT_LT(artifact(2).packed->size, version(2).size() / 5);
  EXPECT_FALSE(artifact(1).packed->base);
  for (const unsigned number : {1u, 2u}) {
    const auto body = open(request(path_of(number))).value();
    EXPECT_EQ(body->meta().outcome, Outcome::Packed);
    EXPECT_EQ(body->meta().size, version(number).size());
    EXPECT_TRUE(read_all(*body).bytes == version(number));
  }
  EXPECT_EQ(cache->counters().packed_hits, 2u);
  EXPECT_EQ(cache->counters().hits, 2u);
  EXPECT_EQ(cache->counters().packs, 2u);
  EXPECT_EQ(requests(), 2u);
}

TEST_F(PackedTest, AThirdVersionIsADifferenceToTheKeyframe) {
  const auto running = start_releases();
  pack_two();
  ASSERT_FALSE(get(request(path_of(3))).error);

  ASSERT_TRUE(eventually([this] { return lies_only_packed(3); }));
  EXPECT_EQ(artifact(3).packed->base, name(1));
  EXPECT_TRUE(get(request(path_of(3))).bytes == version(3));
}

TEST_F(PackedTest, WhatIsLikeNothingElseStaysRaw) {
  const auto running = start_releases();
  ASSERT_FALSE(get(request(path_of(1))).error);
  ASSERT_TRUE(eventually([this] { return store->blobs("sketch/").size() == 1; }));
  ASSERT_TRUE(eventually([this] { return cache->packer().doing == PackerState::Doing::Idle; }));

  EXPECT_EQ(cache->counters().packs, 0u);
  EXPECT_EQ(outcome_of(request(path_of(1))), Outcome::Hit);
}

TEST_F(PackedTest, WhatIsNoGzipFileIsRememberedAsSuch) {
  const auto running = start_releases();
  ASSERT_FALSE(get(request("/noise.bin")).error);
  ASSERT_TRUE(eventually([this] { return store->blobs("unpackable/").size() == 1; }));

  EXPECT_EQ(outcome_of(request("/noise.bin")), Outcome::Hit);
  EXPECT_EQ(cache->counters().pack_failures, 0u);
}

TEST_F(PackedTest, NotesGoWithTheirArtifact) {
  const auto running = start_releases();
  ASSERT_FALSE(get(request(path_of(1))).error);
  ASSERT_TRUE(eventually([this] { return store->blobs("sketch/").size() == 1; }));
  ASSERT_TRUE(store->remove(name(1)));

  ASSERT_FALSE(get(request("/noise.bin")).error);

  EXPECT_TRUE(eventually([this] { return store->blobs("sketch/").empty(); }));
}

TEST_F(PackedTest, ConfiguredOffNothingIsPackedAndWhatIsPackedIsServed) {
  const auto running = start_releases();
  pack_two();
  options.pack = false;
  restart();

  ASSERT_FALSE(get(request(path_of(3))).error);
  ASSERT_TRUE(wait_until_idle());

  EXPECT_EQ(outcome_of(request(path_of(2))), Outcome::Packed);
  EXPECT_EQ(store->blobs("sketch/").size(), 2u);
  EXPECT_EQ(cache->counters().packs, 0u);
}

TEST_F(PackedTest, WithTheInternetGoneAWarmJobFindsWhatLiesPackedReady) {
  const auto running = start_releases();
  pack_two();
  cache->go_offline();

  EXPECT_TRUE(ensure({.source = url(path_of(2))}));
  clock.advance(std::chrono::hours(48));
  const auto body = open(request(path_of(2)));
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_TRUE(read_all(**body).bytes == version(2));
  EXPECT_EQ(requests(), 2u);
}

TEST_F(PackedTest, WhatIsAskedForOftenGetsItsRawFormBack) {
  const auto running = start_releases();
  pack_two();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(request(path_of(2))).bytes == version(2));

  ASSERT_TRUE(eventually([this] { return cache->counters().promotions == 1; }));
  EXPECT_EQ(outcome_of(request(path_of(2))), Outcome::Hit);
  EXPECT_TRUE(get(request(path_of(2))).bytes == version(2));
  EXPECT_TRUE(artifact(2).packed);
  EXPECT_TRUE(lies_only_packed(1));
}

TEST_F(PackedTest, WithoutFreeRoomItStaysPacked) {
  const auto running = start_releases();
  pack_two();
  stop();
  store_options.min_free_bytes = 1ull << 50;
  start_daemon();
  if (HasFatalFailure()) return;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(request(path_of(2))).bytes == version(2));

  // A later one has its answer: the first had its own.
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(request(path_of(1))).bytes == version(1));
  EXPECT_EQ(outcome_of(request(path_of(2))), Outcome::Packed);
  EXPECT_EQ(cache->counters().promotions, 0u);
  EXPECT_EQ(store->stats().evictions, 0u);
}

TEST_F(PackedTest, AnEndInTheMiddleOfPackingLeavesWhatWasThere) {
  const auto running = start_releases();
  auto slow = open_later(request("/slow.bin"));  // While it runs the packer hardly works.
  ASSERT_FALSE(get(request(path_of(1))).error);
  ASSERT_FALSE(get(request(path_of(2))).error);
  ASSERT_TRUE(eventually([this] { return cache->packer().doing == PackerState::Doing::Packing; }));
  const std::uint64_t packed = store->stats().packed_artifacts;
  ASSERT_LT(packed, 2u);
  slow_may_end.open();
  ASSERT_FALSE(read_all(*slow.get().value()).error);
  slow = {};

  const auto begun = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  options.pack = false;
  start_daemon();

  EXPECT_TRUE(get(request(path_of(1))).bytes == version(1));
  EXPECT_TRUE(get(request(path_of(2))).bytes == version(2));
  const auto all = [this] {
    std::uint64_t bytes = 0;
    for (const auto& info : store->list()) bytes += info.raw_bytes + info.packed_bytes;
    return bytes;
  };
  EXPECT_TRUE(eventually([&] {
    return store->stats().raw_bytes + store->stats().packed_bytes + store->stats().keyframe_bytes ==
           all();
  }));
  EXPECT_EQ(requests(), 3u);
  options.pack = true;
  restart();
  EXPECT_TRUE(eventually([this] { return lies_only_packed(1) && lies_only_packed(2); }));
}

TEST_F(PackedTest, AfterARestartNoArchiveLookIsWaitedForThatTheEndHasCutOff) {
  options.pack = false;
  const auto running = start_releases();
  for (const unsigned number : {1u, 2u}) {
    ASSERT_FALSE(get(request(path_of(number))).error);
    ASSERT_TRUE(
        eventually([&] { return artifact(number).archive.kind != ArchiveSummary::Kind::Unknown; }));
    ASSERT_TRUE(store->put_archive(name(number), {}));
  }
  options.pack = true;
  restart();

  EXPECT_TRUE(eventually([this] { return lies_only_packed(1) && lies_only_packed(2); }));
}

TEST_F(PackedTest, ADamagedKeyframeAndWhatNeedsItAreFetchedAgain) {
  const auto running = start_releases();
  pack_two();
  stop();
  damage_largest_piece();
  start_daemon();

  const auto damaged = get(request(path_of(2)));
  ASSERT_TRUE(damaged.error);
  EXPECT_EQ(damaged.error->code, ErrorCode::Corrupt) << damaged.error->message;

  ASSERT_TRUE(eventually([this] { return requests() == 4; }));
  EXPECT_TRUE(get(request(path_of(1))).bytes == version(1));
  EXPECT_TRUE(get(request(path_of(2))).bytes == version(2));
  EXPECT_TRUE(eventually([this] { return lies_only_packed(1) && lies_only_packed(2); }));
  EXPECT_EQ(requests(), 4u);
}

TEST_F(PackedTest, ADamagedRawFormIsFoundWhilePackingAndFetchedAgain) {
  options.pack = false;
  const auto running = start_releases();
  ASSERT_FALSE(get(request(path_of(1))).error);
  ASSERT_TRUE(
      eventually([this] { return artifact(1).archive.kind != ArchiveSummary::Kind::Unknown; }));
  stop();
  damage_largest_piece();
  options.pack = true;
  start_daemon();

  ASSERT_TRUE(eventually([this] { return requests() == 2; }));
  EXPECT_TRUE(get(request(path_of(1))).bytes == version(1));
}

}  // namespace
}  // namespace stagecache::cache::test
