// A packed body reads what it needs, shares what it rebuilds, and never ends wrong.

#include "cache/packed_body.h"

#include <barrier>
#include <thread>

#include "cache/bodies.h"
#include "cache/packed_bytes.h"
#include "cache_fixture.h"
#include "releases.h"
#include "stagecache/pack/packer.h"

namespace stagecache::cache::test {
namespace {

constexpr std::uint64_t kHeldBack = 64 << 10;
/// Of the format's version in a packed form: docs/format.md.
constexpr std::size_t kVersionAt = 8;

/// Bodies over a store, without a cache between them.
class PackedBodyTest : public CacheTest {
 protected:
  /// Stores `artifact` and packs `packed` (itself, unless it is to be wrong) in its place.
  void store_packed(const std::string& artifact, const std::string& packed) {
    running_.reset(new Running(start([artifact](Exchange& e) { serve(e, artifact); })));
    ASSERT_FALSE(get(request()).error);
    cache.reset();
    name = digest_of(artifact);

    const auto raw = *store->content(name).value();
    auto writer = store->begin_form({.sha256 = name}).value();
    const auto done =
        pack::pack(InMemory(packed), {.artifact = name, .base = nullptr, .checkpoint = {}},
                   [&](std::span<const std::byte> bytes) {
                     std::vector<std::byte> written(bytes.begin(), bytes.end());
                     if (writer->size() == 0) written.at(kVersionAt) ^= version_change;
                     return writer->append(written);
                   });
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(writer->commit({.raw_form = store::FormWriter::RawForm::Drop}));
    make_context();
  }

  void make_context(SegmentCache::Limits limits = {.bytes = 64 * kMiB, .read_aheads = 4}) {
    unpackers.emplace(WorkerPool::Options{.name = "unpack", .threads = 2, .queue_limit = 1000});
    segments.emplace(limits, *unpackers);
    context.reset(new CacheContext{
        .options = options,
        .store = *store,
        .upstream = *upstream,
        .clock = clock,
        .readers = readers,
        .checksum_pool = readers,
        .pulse = pulse,
        .unpackers = *unpackers,
        .packed_readers = packed_readers,
        .segments = *segments,
        .counters = {},
        .failures = {},
        .on_damaged = [this](const Artifact&, store::Form form) { damaged.push_back(form); },
        .on_whole_hit = [this](const Sha256&) { ++whole_hits; },
        .drop_idle_fill = [] { return false; }});
  }

  void stop() override {
    unpackers.reset();
    segments.reset();
    CacheTest::stop();
  }

  std::shared_ptr<Body> body() {
    auto packed = store->packed(name).value().value();
    const std::uint64_t size = packed.content.artifact().size;
    return packed_body(*context, std::move(packed), {.size = size, .outcome = Outcome::Packed});
  }

  class InMemory final : public pack::Bytes {
   public:
    explicit InMemory(const std::string& bytes) : bytes_(bytes) {}
    std::uint64_t size() const override { return bytes_.size(); }
    Status read(std::uint64_t offset, std::span<std::byte> out) const override {
      std::ranges::copy(std::as_bytes(std::span(bytes_)).subspan(offset, out.size()), out.begin());
      return {};
    }

   private:
    const std::string& bytes_;
  };

  Sha256 name;
  std::byte version_change{0};  ///< Turns bits of the version of what is packed.
  std::vector<store::Form> damaged;
  std::atomic<int> whole_hits = 0;
  WorkerPool readers{{.name = "reader"}};
  Pulse pulse{std::chrono::milliseconds(20)};
  PackedReaders packed_readers{{.slice_bytes = kMiB, .idle_desks = 2}};
  std::optional<WorkerPool> unpackers;
  std::optional<SegmentCache> segments;
  std::unique_ptr<CacheContext> context;

 private:
  std::unique_ptr<Running> running_;
};

TEST_F(PackedBodyTest, TwentyAtOnceCostOneRebuildOfEachSegment) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;
  constexpr int kBodies = 20;
  std::barrier all_there(kBodies);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kBodies; ++i)
      clients.emplace_back([&] {
        const auto mine = body();
        all_there.arrive_and_wait();
        if (read_all(*mine).bytes == artifact) ++right;
      });
  }

  EXPECT_EQ(right, kBodies);
  EXPECT_EQ(whole_hits, kBodies);
  const auto source = packed_readers.open(store->packed(name).value().value()).value();
  EXPECT_EQ(segments->rebuilds(), source.reader->segments());
}

TEST_F(PackedBodyTest, ARangeRebuildsOnlyWhatItTouches) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;
  const auto mine = body();
  const ByteRange range{.begin = artifact.size() / 2, .end = artifact.size() / 2 + 1000};
  mine->limit(range);

  std::string got;
  while (got.size() < range.length()) {
    auto step = mine->read(range.begin + got.size()).value();
    if (const auto* slice = std::get_if<store::Slice>(&step))
      got.append(reinterpret_cast<const char*>(slice->bytes().data()), slice->size());
    else ASSERT_TRUE(wait_ready(*mine, range.begin + got.size()));
  }

  EXPECT_EQ(got, artifact.substr(range.begin, range.length()));
  EXPECT_TRUE(std::holds_alternative<AtEnd>(mine->read(range.end).value()));
  EXPECT_LE(segments->rebuilds(), 2u);
  EXPECT_EQ(whole_hits, 0);
}

TEST_F(PackedBodyTest, TheEndOfWrongBytesIsNeverGivenOut) {
  const std::string artifact = release(1);
  std::string wrong = artifact;
  wrong[wrong.size() - 6] ^= 1;  // In the trailer's checksum: a gzip file all the same.
  store_packed(artifact, wrong);
  if (HasFatalFailure()) return;

  const auto got = read_all(*body());

  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::Corrupt) << got.error->message;
  EXPECT_EQ(got.bytes.size(), artifact.size() - kHeldBack);
  EXPECT_EQ(damaged, std::vector{store::Form::Packed});
  EXPECT_EQ(whole_hits, 0);
}

TEST_F(PackedBodyTest, APackedFormOfAnotherArtifactIsDamage) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact + "more");
  if (HasFatalFailure()) return;

  const auto got = read_all(*body());

  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::Corrupt) << got.error->message;
  EXPECT_EQ(got.bytes, "");
  EXPECT_EQ(damaged, std::vector{store::Form::Packed});
}

/// Somebody went back to an older stagecache: what it cannot read is fetched again.
TEST_F(PackedBodyTest, APackedFormOfALaterVersionIsTakenOut) {
  const std::string artifact = release(1);
  version_change = std::byte{0x40};
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;

  const auto got = read_all(*body());

  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::TooNew) << got.error->message;
  EXPECT_EQ(damaged, std::vector{store::Form::Packed});
}

TEST_F(PackedBodyTest, OnlyAWholeReadOfARawOneCountsAsAWholeHit) {
  const std::string artifact = release(1);
  const auto running = start([artifact](Exchange& e) { serve(e, artifact); });
  ASSERT_FALSE(get(request()).error);
  cache.reset();
  name = digest_of(artifact);
  make_context();
  const auto raw = [&] {
    return stored_body(*context, *store->content(name).value(),
                       {.size = artifact.size(), .outcome = Outcome::Hit});
  };

  (void)raw();  // As for HEAD, and for 304.
  const auto part = raw();
  part->limit({1, artifact.size()});
  EXPECT_EQ(read_all(*part, 1).bytes.size(), artifact.size() - 1);
  EXPECT_EQ(whole_hits, 0);

  EXPECT_TRUE(read_all(*raw()).bytes == artifact);
  EXPECT_EQ(whole_hits, 1);
}

TEST_F(PackedBodyTest, ABodyThatIsReadTwiceGivesTheSameAndStaysVerified) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;
  const auto mine = body();

  ASSERT_TRUE(read_all(*mine).bytes == artifact);
  EXPECT_TRUE(read_all(*mine).bytes == artifact);
  EXPECT_EQ(whole_hits, 1);
}

TEST_F(PackedBodyTest, WithRoomForNoSegmentItStillComesToItsEnd) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;
  make_context({.bytes = 0, .read_aheads = 0});

  EXPECT_TRUE(read_all(*body()).bytes == artifact);
  EXPECT_EQ(segments->kept_bytes(), 0u);
}

TEST_F(PackedBodyTest, SlowReadersShareTheMemoryOfRebuildingAndItGoesWithTheLast) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;
  auto one = body();
  auto other = body();

  ASSERT_TRUE(read_all(*one).bytes == artifact);
  ASSERT_TRUE(read_all(*other).bytes == artifact);

  ASSERT_TRUE(eventually([this] { return packed_readers.workshop()->idle_desks() > 0; }));
  EXPECT_LE(packed_readers.workshop()->idle_desks(), 2u);
  one.reset();
  other.reset();
  EXPECT_TRUE(eventually([this] { return packed_readers.workshop() == nullptr; }));
}

TEST_F(PackedBodyTest, OnlyAsMuchIsKeptAsItsLimitSays) {
  const std::string artifact = release(1);
  store_packed(artifact, artifact);
  if (HasFatalFailure()) return;
  SegmentCache small({.bytes = 640 << 10, .read_aheads = 4}, *unpackers);
  const auto source = packed_readers.open(store->packed(name).value().value()).value();
  for (std::size_t segment = 0; segment < source.reader->segments(); ++segment) {
    Gate there;
    small.get(source, segment, [&](Result<store::Slice> slice) {
      EXPECT_TRUE(slice);
      there.open();
    });
    ASSERT_TRUE(there.wait());
    EXPECT_LE(small.kept_bytes(), 640u << 10);
  }
  EXPECT_FALSE(small.find(source.content, 0));
  EXPECT_TRUE(small.find(source.content, source.reader->segments() - 1));
}

}  // namespace
}  // namespace stagecache::cache::test
