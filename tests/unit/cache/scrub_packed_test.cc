// The scrub of packed forms: which of two is damaged, and what goes with a keyframe.

#include "cache/disk_bytes.h"
#include "cache_fixture.h"
#include "stagecache/cache/scrub.h"
#include "stagecache/pack/packer.h"

namespace stagecache::cache::test {
namespace {

/// A gzip file of stored blocks. Its checksum is wrong, which packing does not mind.
std::string gzip_of(std::string_view text) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  for (std::size_t at = 0; at < text.size(); at += 0xffff) {
    const std::string_view part = text.substr(at, 0xffff);
    const auto size = static_cast<unsigned>(part.size()), not_size = ~size;
    out += at + part.size() == text.size() ? '\1' : '\0';
    for (const unsigned number : {size, not_size})
      out += {static_cast<char>(number & 0xff), static_cast<char>(number >> 8 & 0xff)};
    out += part;
  }
  return out + std::string(8, '\0');
}

/// Two releases: the second has a little more at its end.
const std::string kOld = gzip_of(bytes_of(3 * kMiB)),
                  kNew = gzip_of(bytes_of(3 * kMiB) + bytes_of(200'000, 2));

class ScrubPackedTest : public CacheTest {
 protected:
  void stop() override {
    scrub.reset();
    CacheTest::stop();
  }

  /// /old.tgz as a keyframe and /new.tgz as a difference to it.
  void store_both(store::FormWriter::RawForm raw_form) {
    for (const char* path : {"/old.tgz", "/new.tgz"}) {
      ASSERT_FALSE(get(request(path)).error);
      ASSERT_TRUE(wait_until_idle());
    }
    ASSERT_TRUE(wait_until_looked_into());
    pack_form(digest_of(kOld), std::nullopt, raw_form);
    pack_form(digest_of(kNew), digest_of(kOld), raw_form);
    scrub = std::make_unique<Scrub>(Scrub::Options{.rate = 0}, *store, *cache, clock);
  }

  void pack_form(const Sha256& sha256, std::optional<Sha256> base,
                 store::FormWriter::RawForm raw_form) {
    std::shared_ptr<const pack::Reader> keyframe;
    if (base)
      keyframe = pack::Reader::open(
                     std::make_shared<DiskBytes>(store->packed(*base).value()->content), nullptr)
                     .value();
    store::Store::FormOrder order{
        .sha256 = sha256, .form = store::Form::Packed, .expected_bytes = 4 * kMiB};
    if (base) order.keep.push_back(*base);
    auto writer = store->begin_form(std::move(order));
    ASSERT_TRUE(writer) << writer.error().message;
    const auto packed = pack::pack(DiskBytes(*store->content(sha256).value()),
                                   {.artifact = sha256, .base = keyframe, .checkpoint = {}},
                                   [&](auto bytes) { return (*writer)->append(bytes); });
    ASSERT_TRUE(packed) << packed.error().message;
    const auto done = (*writer)->commit({.base = base, .raw_form = raw_form});
    ASSERT_TRUE(done) << done.error().message;
  }

  ScrubStatus scrubbed() {
    EXPECT_TRUE(scrub->start());
    EXPECT_TRUE(eventually([this] { return scrub->status().state == ScrubStatus::State::Idle; }));
    return scrub->status();
  }

  static void script(Exchange& e) { serve(e, e.path() == "/old.tgz" ? kOld : kNew); }
  /// Of the piece of that size, more or less.
  void damage(std::uint64_t bytes);
  std::uint64_t packed_bytes(const std::string& body) const {
    return store->info(digest_of(body))->artifact.packed->size;
  }

  std::unique_ptr<Scrub> scrub;
};

void ScrubPackedTest::damage(std::uint64_t bytes) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "store" / "db")) {
    if (entry.path().extension() != ".sst" || entry.file_size() < bytes ||
        entry.file_size() > bytes + 4096)
      continue;
    std::FILE* const file = std::fopen(entry.path().c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    std::fseek(file, 300, SEEK_SET);
    const int byte = std::fgetc(file);
    std::fseek(file, 300, SEEK_SET);
    std::fputc(byte ^ 0x10, file);
    std::fclose(file);
    return;
  }
  FAIL() << "no piece of " << bytes << " bytes";
}

using RawForm = store::FormWriter::RawForm;

TEST_F(ScrubPackedTest, ReadsBothForms) {
  const auto running = start(script);
  store_both(RawForm::Keep);

  const ScrubStatus status = scrubbed();

  EXPECT_EQ(status.forms_read, 4u);
  EXPECT_EQ(status.bytes_read, 2 * (kOld.size() + kNew.size()));
  EXPECT_EQ(status.damaged, 0u) << status.findings[0].text;
}

TEST_F(ScrubPackedTest, ADamagedDifferenceGoesAloneAndIsFetchedAgain) {
  const auto running = start(script);
  store_both(RawForm::Drop);
  damage(packed_bytes(kNew));

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 1u);
  EXPECT_EQ(status.findings[0].sha256, digest_of(kNew));
  EXPECT_EQ(status.findings[0].form, store::Form::Packed);
  EXPECT_EQ(status.findings[0].state, ScrubFinding::State::Fetched) << status.findings[0].error;
  EXPECT_TRUE(store->info(digest_of(kOld))->artifact.packed);
  EXPECT_EQ(requests(), 3u);
}

TEST_F(ScrubPackedTest, ADamagedKeyframeTakesItsDifferencesWithItAndAllAreFetchedAgain) {
  const auto running = start(script);
  store_both(RawForm::Drop);
  damage(packed_bytes(kOld));

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 2u);
  EXPECT_EQ(status.findings[0].sha256, digest_of(kOld));
  EXPECT_EQ(status.findings[1].sha256, digest_of(kNew));
  EXPECT_NE(status.findings[1].text.find("a difference to old.tgz"), std::string::npos);
  for (const ScrubFinding& finding : status.findings)
    EXPECT_EQ(finding.state, ScrubFinding::State::Fetched) << finding.error;
  EXPECT_EQ(requests(), 4u);
  EXPECT_EQ(store->stats().artifacts, 2u);
  EXPECT_EQ(scrubbed().damaged, 0u);
}

TEST_F(ScrubPackedTest, WhatHasItsRawFormIsNotFetched) {
  const auto running = start(script);
  store_both(RawForm::Keep);
  damage(packed_bytes(kOld));

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 1u);
  EXPECT_EQ(status.findings[0].state, ScrubFinding::State::Kept);
  EXPECT_EQ(requests(), 2u);
  for (const std::string& body : {kOld, kNew}) {
    EXPECT_FALSE(store->info(digest_of(body))->artifact.packed);
    EXPECT_NE(store->info(digest_of(body))->artifact.raw_content, 0u);
  }
}

TEST_F(ScrubPackedTest, ADamagedRawFormIsKeptAsPacked) {
  const auto running = start(script);
  store_both(RawForm::Keep);
  damage(kNew.size());

  const ScrubStatus status = scrubbed();

  ASSERT_EQ(status.findings.size(), 1u);
  EXPECT_EQ(status.findings[0].sha256, digest_of(kNew));
  EXPECT_EQ(status.findings[0].form, store::Form::Raw);
  EXPECT_EQ(status.findings[0].state, ScrubFinding::State::Kept);
  EXPECT_TRUE(store->find_artifact(digest_of(kNew))->packed);
  EXPECT_EQ(requests(), 2u);
}

}  // namespace
}  // namespace stagecache::cache::test
