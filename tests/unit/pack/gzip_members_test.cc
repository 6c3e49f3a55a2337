#include "pack/gzip_members.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stagecache/deflate/encoder.h"
#include "tests/support/memory_bytes.h"
#include "tests/unit/pack/gzip_files.h"

namespace stagecache::pack {
namespace {

using stagecache::test::MemoryBytes;
using namespace test;

constexpr std::uint64_t kLarge = 1u << 20;

/// What the parts of an artifact came to.
struct Split {
  std::string rebuilt;
  std::size_t streams = 0;
  std::size_t parts = 0;
  std::uint64_t verbatim_bytes = 0;
  std::uint64_t longest_part = 0;  ///< Bytes.
};

/// Writes the parts again, one after another, as a rebuild does.
class Joiner {
 public:
  void add(const Part& part) {
    EXPECT_EQ(part.first_bit, end_) << "a gap, or an overlap";
    end_ = part.last_bit;
    ++split_.parts;
    split_.longest_part = std::max(split_.longest_part, (part.last_bit - part.first_bit) / 8);
    const bool verbatim = part.kind == Part::Kind::Verbatim;
    // A stream has its member's header before it.
    if (!verbatim && std::exchange(after_verbatim_, false)) ++split_.streams;
    after_verbatim_ |= verbatim;
    verbatim ? add_verbatim(part) : add_tokens(part);
    EXPECT_EQ(out_.size() * 8 + before_.bits, end_);
  }
  Split take() {
    EXPECT_EQ(before_.bits, 0u);
    split_.rebuilt.assign(reinterpret_cast<const char*>(out_.data()), out_.size());
    return std::move(split_);
  }

 private:
  void add_verbatim(const Part& part) {
    EXPECT_EQ(before_.bits, 0u);
    out_.insert(out_.end(), part.bytes.begin(), part.bytes.end());
    split_.verbatim_bytes += part.bytes.size();
  }
  void add_tokens(const Part& part) {
    const auto after = deflate::encode(part.tokens, before_, UINT64_MAX, out_);
    ASSERT_TRUE(after) << after.error().message;
    before_ = *after;
    if (part.padding_bits == 0) return;
    ASSERT_EQ(before_.bits + part.padding_bits, 8u);
    out_.push_back(static_cast<std::byte>(before_.value | part.padding << before_.bits));
    before_ = {};
  }

  std::vector<std::byte> out_;
  deflate::PartialByte before_;
  std::uint64_t end_ = 0;
  bool after_verbatim_ = false;
  Split split_;
};

/// The parts of `artifact`, and that they make it again.
Split split(const std::string& artifact, std::uint64_t limit = kLarge) {
  const MemoryBytes bytes(artifact);
  auto members = GzipMembers::open(bytes);
  EXPECT_TRUE(members);
  if (!members) return {};
  Joiner joiner;
  Part part;
  for (;;) {
    const auto more = members->next(limit, part);
    EXPECT_TRUE(more);
    if (!more || !*more) break;
    joiner.add(part);
    if (testing::Test::HasFatalFailure()) break;
  }
  Split done = joiner.take();
  EXPECT_TRUE(done.rebuilt == artifact)
      << "not the same bytes, " << done.rebuilt.size() << " of " << artifact.size();
  return done;
}

ErrorCode refusal(const std::string& artifact) {
  const MemoryBytes bytes(artifact);
  const auto members = GzipMembers::open(bytes);
  return members ? ErrorCode::Internal : members.error().code;
}

TEST(GzipMembers, OneMemberIsItsHeaderItsStreamAndItsTrailer) {
  const std::string data = words(200'000, 1);

  const Split parts = split(gzip_member(data));

  EXPECT_EQ(parts.parts, 3u);
  EXPECT_EQ(parts.streams, 1u);
  EXPECT_EQ(parts.verbatim_bytes, 18u);
}

TEST(GzipMembers, EveryKindOfBlockComesBackBitForBit) {
  const std::string data = words(150'000, 2) + noise(100'000, 3) + std::string(150'000, 'x');
  for (const Encoding encoding : {Encoding::Stored, Encoding::Fast, Encoding::Usual, Encoding::Best,
                                  Encoding::Huffman, Encoding::FixedCodes, Encoding::SyncFlushed})
    for (const std::uint64_t limit : {std::uint64_t{1'000}, std::uint64_t{64'000}, kLarge}) {
      SCOPED_TRACE(static_cast<int>(encoding));
      EXPECT_EQ(split(gzip_member(data, encoding), limit).verbatim_bytes, 18u);
    }
}

TEST(GzipMembers, PartsAreAsLongAsTheyMayBeAndHardlyLonger) {
  const std::string artifact = gzip_member(noise(500'000, 4));

  const Split parts = split(artifact, 50'000);

  EXPECT_LE(parts.longest_part, 50'000 + 600);
  EXPECT_LE(parts.parts, 13u);
  EXPECT_EQ(parts.streams, 1u);
}

TEST(GzipMembers, APartOfOneByteIsEnoughToGetOn) {
  EXPECT_EQ(split(gzip_member(words(900, 5)), 1).streams, 1u);
}

TEST(GzipMembers, HeadersMayHaveEveryField) {
  const std::string data = words(3'000, 6);
  const GzipFields headers[] = {
      {.name = "a name"},
      {.name = ""},
      {.comment = "a comment"},
      {.extra = "AB\x03\x01xyz"},
      {.extra = ""},
      {.extra = std::string(65'535, '\0')},
      {.header_crc = true},
      {.extra = "x", .name = std::string(70'000, 'n'), .comment = "c", .header_crc = true},
      {.more_flags = 1},
  };
  for (const GzipFields& fields : headers) {
    const std::string header = gzip_header(fields);
    SCOPED_TRACE(header.substr(0, 40));
    EXPECT_EQ(split(gzip_member(data, Encoding::Usual, fields)).verbatim_bytes, header.size() + 8);
  }
}

TEST(GzipMembers, SeveralMembersAreSeveralStreams) {
  const std::string artifact = gzip_member(words(50'000, 7)) +
                               gzip_member("", Encoding::Usual, {.name = "empty"}) +
                               gzip_member(noise(70'000, 8), Encoding::Stored) +
                               gzip_member(words(50'000, 9), Encoding::Best);

  EXPECT_EQ(split(artifact).streams, 4u);
  EXPECT_EQ(split(artifact, 700).streams, 4u);
}

TEST(GzipMembers, ThousandsOfMembersAreThousandsOfStreams) {
  std::string artifact;
  for (std::uint64_t number = 0; number < 3'000; ++number)
    artifact += gzip_member(words(number % 700, number), Encoding::Usual, {.extra = "BC\x02"});

  EXPECT_EQ(split(artifact).streams, 3'000u);
}

TEST(GzipMembers, WhatFollowsTheLastMemberIsVerbatim) {
  const std::string member = gzip_member(words(20'000, 10));
  for (const std::string& tail : {std::string(10'240, '\0'), std::string("no gzip\n"),
                                  noise(3'000'000, 11), member.substr(0, 5), std::string("\x1f")}) {
    const Split parts = split(member + tail, kLarge);
    EXPECT_EQ(parts.streams, 1u);
    EXPECT_EQ(parts.verbatim_bytes, 18 + tail.size());
    EXPECT_LE(parts.longest_part, kLarge);
  }
}

TEST(GzipMembers, AFileThatIsCutOffAnywhereComesBack) {
  const std::string data = words(4'000, 12);
  const std::string whole = gzip_member(data, Encoding::Usual, {.name = "n"});
  for (std::size_t length = 12; length < whole.size(); ++length) {
    SCOPED_TRACE(length);
    EXPECT_LE(split(whole.substr(0, length)).streams, 1u);
  }
}

TEST(GzipMembers, ABrokenStreamIsTokensAsFarAsItGoesAndVerbatimFromThere) {
  const std::string good = deflated(words(300'000, 13));
  const std::string artifact = gzip_header() + good.substr(0, 30'000) + std::string(400, '\xff') +
                               good.substr(30'400) + "trailer!";

  const Split parts = split(artifact);

  EXPECT_EQ(parts.streams, 1u);
  EXPECT_LT(parts.verbatim_bytes, artifact.size() - 29'000);
}

TEST(GzipMembers, AnyFlippedBitComesBack) {
  const std::string whole = gzip_member(words(3'000, 14)) + gzip_member(words(100, 15));
  for (std::size_t bit = 80; bit < whole.size() * 8; bit += 3) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    SCOPED_TRACE(bit);
    split(damaged, 500);
    if (HasFailure()) break;
  }
}

TEST(GzipMembers, AStreamThatBeginsBrokenIsAllVerbatim) {
  const std::string artifact = gzip_header() + "\x07" + noise(5'000, 16);  // block type 3

  EXPECT_EQ(split(artifact).verbatim_bytes, artifact.size());
}

TEST(GzipMembers, WhatIsNoGzipIsRefused) {
  const std::string good = gzip_member(words(1'000, 17));
  const std::string refused[] = {
      "",
      "\x1f",
      "\x1f\x8b",
      good.substr(0, 9),
      words(5'000, 18),
      "\x1f\x8b\x07" + good.substr(3),                                         // another method
      gzip_member("x", Encoding::Usual, {.more_flags = 0x20}),                 // reserved
      gzip_header({.name = "without an end"}).substr(0, 20),                   // cut off in it
      gzip_member("x", Encoding::Usual, {.name = std::string(200'000, 'n')}),  // too long
  };
  for (const std::string& artifact : refused) {
    SCOPED_TRACE(artifact.size());
    EXPECT_EQ(refusal(artifact), ErrorCode::BadInput);
  }
}

TEST(GzipMembers, ReadsAMebibyteAtATimeHoweverLongTheArtifact) {
  const MemoryBytes bytes(gzip_member(noise(6'000'000, 19)));
  auto members = GzipMembers::open(bytes);
  ASSERT_TRUE(members);
  Part part;
  while (members->next(256 * 1024, part).value()) continue;

  EXPECT_LE(bytes.largest_read(), kLarge);
}

TEST(GzipMembers, AReadThatFailsIsTheErrorOfTheSplit) {
  MemoryBytes bytes(gzip_member(noise(4'000'000, 20)));
  bytes.fail_at(3'000'000);
  auto members = GzipMembers::open(bytes);
  ASSERT_TRUE(members);
  Part part;

  auto more = members->next(kLarge, part);
  while (more && *more) more = members->next(kLarge, part);

  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace stagecache::pack
