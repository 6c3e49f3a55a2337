// The forms in which an artifact lies: written beside each other, given up, read.

#include <algorithm>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

using RawForm = FormWriter::RawForm;

constexpr std::uint64_t kRaw = 2 * kMiB + 7;
constexpr std::uint64_t kPacked = kMiB + 5;
constexpr std::uint64_t kDifference = 100'003;
constexpr std::uint64_t kTwoPieces = kPieceBytes + 5;

class FormsTest : public StoreTest {
 protected:
  void SetUp() override { open(); }

  /// Keyframe 1 and the artifacts `differences`, all only packed.
  void put_family(std::initializer_list<std::uint64_t> differences) {
    put(1, kRaw);
    pack(1, kPacked);
    for (const std::uint64_t seed : differences) {
      put(seed, kRaw);
      pack(seed, kDifference, 1);
    }
  }
  ErrorCode error_of_remove(std::uint64_t seed) {
    return store->remove(name_of(seed)).error().code;
  }
};

TEST_F(FormsTest, APackedFormLiesBesideTheRawOne) {
  put(1, kRaw);
  pack(1, kPacked, std::nullopt, RawForm::Keep);

  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(forms(1), "raw packed");
    EXPECT_TRUE(reads_back(1, kRaw));
    EXPECT_TRUE(packed_reads_back(1, kPacked));
    const auto info = store->info(name_of(1));
    EXPECT_GE(info->raw_bytes, kRaw);
    EXPECT_GE(info->packed_bytes, kPacked);
    EXPECT_EQ(info->stored_bytes, info->raw_bytes + info->packed_bytes);
    EXPECT_EQ(used(), info->stored_bytes);
    EXPECT_TRUE(ledger_is_right());
    reopen();
  }
}

TEST_F(FormsTest, TheRawFormGoesWithTheCommitAndWhoReadsItFinishes) {
  put(1, kRaw);
  auto reader = *store->content(name_of(1));
  ASSERT_TRUE(reader);

  pack(1, kPacked);

  EXPECT_EQ(forms(1), "packed");
  EXPECT_FALSE(*store->content(name_of(1)));
  EXPECT_TRUE(holds(*reader, 1, kRaw));
  reader.reset();
  EXPECT_TRUE(wait_for_used(store->info(name_of(1))->packed_bytes));
  reopen();
  EXPECT_EQ(forms(1), "packed");
  EXPECT_TRUE(packed_reads_back(1, kPacked));
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FormsTest, TheRawFormComesBack) {
  put(1, kRaw);
  pack(1, kPacked);

  auto writer =
      store->begin_form({.sha256 = name_of(1), .form = Form::Raw, .expected_bytes = kRaw});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(append_until(**writer, 1, kRaw));
  ASSERT_TRUE((*writer)->commit({}));
  writer->reset();

  EXPECT_EQ(forms(1), "raw packed");
  EXPECT_TRUE(reads_back(1, kRaw));
  ASSERT_TRUE(store->drop_form(name_of(1), Form::Raw));
  EXPECT_EQ(forms(1), "packed");
  EXPECT_TRUE(store->drop_form(name_of(1), Form::Raw));  // There is none: nothing to do.
  EXPECT_TRUE(wait_for_used(stored_bytes()));
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FormsTest, WhatIsSealedCanBeReadBeforeAnybodyKnowsIt) {
  put(1, kRaw);
  auto writer = *store->begin_form(packed_order(1, kTwoPieces));
  ASSERT_TRUE(append_until(*writer, packed_seed(1), kTwoPieces));

  const auto sealed = writer->seal();

  ASSERT_TRUE(sealed);
  EXPECT_TRUE(holds(*sealed, packed_seed(1), kTwoPieces));
  EXPECT_EQ(sealed->artifact().sha256, name_of(1));
  EXPECT_EQ(forms(1), "raw");
  EXPECT_FALSE(*store->packed(name_of(1)));
  EXPECT_EQ(store->stats().quota.reserved, 0u);
  ASSERT_TRUE(writer->commit({}));
  EXPECT_TRUE(packed_reads_back(1, kTwoPieces));
}

TEST_F(FormsTest, WhatIsNotCommittedIsDeletedOnceNobodyReadsIt) {
  put(1, kRaw);
  const std::uint64_t before = used();
  {
    auto writer = *store->begin_form(packed_order(1, kTwoPieces));
    ASSERT_TRUE(append_until(*writer, packed_seed(1), kTwoPieces));
    ASSERT_GT(used(), before);
  }
  EXPECT_TRUE(wait_for_used(before));

  auto writer = *store->begin_form(packed_order(1, kPacked));
  ASSERT_TRUE(append_until(*writer, packed_seed(1), kPacked));
  auto sealed = std::optional(*writer->seal());
  writer.reset();
  EXPECT_TRUE(holds(*sealed, packed_seed(1), kPacked));
  sealed.reset();

  EXPECT_TRUE(wait_for_used(before));
  EXPECT_EQ(store->stats().quota.reserved, 0u);
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FormsTest, AFormThereIsOnceOnly) {
  put(1, kRaw);
  auto second = *store->begin_form(packed_order(1, kDifference));
  pack(1, kPacked, std::nullopt, RawForm::Keep);

  EXPECT_EQ(store->begin_form(packed_order(1, 1)).error().code, ErrorCode::Conflict);
  EXPECT_EQ(store->begin_form({.sha256 = name_of(1), .form = Form::Raw}).error().code,
            ErrorCode::Conflict);
  EXPECT_EQ(store->begin_form(packed_order(2, 1)).error().code, ErrorCode::NotFound);
  EXPECT_EQ(second->commit({}).error().code, ErrorCode::Conflict);
  second.reset();
  EXPECT_TRUE(packed_reads_back(1, kPacked));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(FormsTest, WhatWasRemovedMeanwhileGetsNoForm) {
  put(1, kRaw);
  auto writer = *store->begin_form(packed_order(1, kPacked));
  ASSERT_TRUE(append_until(*writer, packed_seed(1), kPacked));

  ASSERT_TRUE(store->remove(name_of(1)));

  EXPECT_EQ(writer->commit({}).error().code, ErrorCode::NotFound);
  writer.reset();
  EXPECT_TRUE(wait_for_used(0));
}

TEST_F(FormsTest, ARawFormHasTheArtifactsSize) {
  put(1, kRaw);
  pack(1, kPacked);
  auto writer = *store->begin_form({.sha256 = name_of(1), .form = Form::Raw});
  ASSERT_TRUE(append_until(*writer, 1, kRaw - 1));

  EXPECT_EQ(writer->commit({}).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(forms(1), "packed");
}

TEST_F(FormsTest, ADifferenceIsReadWithItsKeyframe) {
  put_family({2, 3});

  for (int run = 0; run < 2; ++run) {
    auto packed = *store->packed(name_of(3));
    ASSERT_TRUE(packed && packed->base);
    EXPECT_TRUE(holds(packed->content, packed_seed(3), kDifference));
    EXPECT_TRUE(holds(*packed->base, packed_seed(1), kPacked));
    EXPECT_FALSE((*store->packed(name_of(1)))->base);
    packed.reset();
    EXPECT_EQ(store->info(name_of(1))->dependants.size(), 2u);
    const Stats stats = store->stats();
    EXPECT_EQ(stats.packed_artifacts, 3u);
    EXPECT_EQ(stats.raw_bytes, 0u);
    EXPECT_EQ(stats.keyframe_bytes, store->info(name_of(1))->packed_bytes);
    EXPECT_EQ(stats.packed_bytes,
              store->info(name_of(2))->packed_bytes + store->info(name_of(3))->packed_bytes);
    EXPECT_EQ(stats.logical_bytes, 3 * kRaw);
    EXPECT_TRUE(wait_for_used(stats.keyframe_bytes + stats.packed_bytes));
    if (run == 0) reopen();
  }
}

TEST_F(FormsTest, OnlyAKeyframeIsABase) {
  put_family({2});
  put(3, kRaw);
  put(4, kRaw);

  for (const std::uint64_t base : {2, 4, 3, 99}) {  // A difference, raw only, itself, unknown.
    const auto packed = try_pack(3, kDifference, base, RawForm::Drop);
    ASSERT_FALSE(packed) << base;
    EXPECT_EQ(packed.error().code, ErrorCode::Conflict) << packed.error().message;
  }
  EXPECT_EQ(forms(3), "raw");
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(FormsTest, ABaseThatIsNotTheSameAnyMoreIsAConflict) {
  put(1, kRaw);
  pack(1, kPacked, std::nullopt, RawForm::Keep);
  put(2, kRaw);
  auto writer = *store->begin_form(packed_order(2, kDifference, 1));
  ASSERT_TRUE(append_until(*writer, packed_seed(2), kDifference));

  ASSERT_TRUE(store->drop_damaged(seen(1), Form::Packed));
  pack(1, kPacked, std::nullopt, RawForm::Keep);

  EXPECT_EQ(writer->commit({.base = name_of(1)}).error().code, ErrorCode::Conflict);
}

TEST_F(FormsTest, AKeyframeThatOthersNeedIsNotRemovedAndTheyAreNamed) {
  put_family({2, 3});

  const auto refused = store->remove(name_of(1));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_NE(refused.error().message.find(name_of(2).hex()), std::string::npos);
  EXPECT_NE(refused.error().message.find(name_of(3).hex()), std::string::npos);
  ASSERT_TRUE(store->remove(name_of(2)));
  EXPECT_EQ(error_of_remove(1), ErrorCode::Conflict);
  ASSERT_TRUE(store->remove(name_of(3)));
  ASSERT_TRUE(store->remove(name_of(1)));
  EXPECT_TRUE(wait_for_used(0));
}

TEST_F(FormsTest, TheOnlyFormIsNotGivenUp) {
  put(1, kRaw);

  EXPECT_EQ(store->drop_form(name_of(1), Form::Raw).error().code, ErrorCode::Conflict);
  EXPECT_EQ(store->drop_form(name_of(2), Form::Raw).error().code, ErrorCode::NotFound);
  EXPECT_EQ(forms(1), "raw");
  pack(1, kPacked);
  EXPECT_EQ(store->drop_form(name_of(1), Form::Packed).error().code, ErrorCode::Conflict);
  EXPECT_EQ(forms(1), "packed");
}

TEST_F(FormsTest, OneOfTwoFormsIsGivenUpUnlessOthersNeedIt) {
  put(1, kRaw);
  pack(1, kPacked, std::nullopt, RawForm::Keep);
  put(2, kRaw);
  pack(2, kDifference, 1, RawForm::Keep);

  EXPECT_EQ(store->drop_form(name_of(1), Form::Packed).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(store->drop_form(name_of(2), Form::Packed));
  EXPECT_EQ(forms(2), "raw");
  ASSERT_TRUE(store->drop_form(name_of(1), Form::Packed));
  EXPECT_EQ(forms(1), "raw");
  EXPECT_TRUE(store->drop_form(name_of(1), Form::Packed));  // Twice is once.
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(FormsTest, DamageSeenInOldBytesDoesNotTakeOutTheNewOnes) {
  put(1, kRaw);
  pack(1, kPacked, std::nullopt, RawForm::Keep);
  const Artifact old = seen(1);
  ASSERT_TRUE(store->drop_damaged(old, Form::Packed));
  pack(1, kPacked, std::nullopt, RawForm::Drop);
  put(2, kRaw);
  pack(2, kDifference, 1);

  EXPECT_TRUE(store->drop_damaged(old, Form::Packed)->empty());
  EXPECT_TRUE(store->drop_damaged(old, Form::Raw)->empty());

  EXPECT_EQ(forms(1), "packed");
  EXPECT_EQ(forms(2), "packed");
}

TEST_F(FormsTest, ADamagedFormGoesAndTheOtherIsServed) {
  put(1, kRaw);
  pack(1, kPacked, std::nullopt, RawForm::Keep);
  put(2, kRaw);
  pack(2, kPacked, std::nullopt, RawForm::Keep);

  EXPECT_TRUE(store->drop_damaged(seen(1), Form::Raw)->empty());
  EXPECT_TRUE(store->drop_damaged(seen(2), Form::Packed)->empty());

  EXPECT_EQ(forms(1), "packed");
  EXPECT_EQ(forms(2), "raw");
  EXPECT_TRUE(store->drop_damaged(seen(1), Form::Raw)->empty());
  EXPECT_EQ(forms(1), "packed");  // Twice is once.
  EXPECT_TRUE(wait_for_used(stored_bytes()));
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FormsTest, ADamagedKeyframeTakesItsDependantsWithIt) {
  put_family({2, 3});
  pin(2);
  put(4, kRaw);
  pack(4, kDifference, 1, RawForm::Keep);
  const auto reading = *store->packed(name_of(2));

  const auto gone = store->drop_damaged(seen(1), Form::Packed);

  ASSERT_TRUE(gone);
  std::vector<std::string> names;
  for (const Artifact& artifact : *gone) {
    names.push_back(artifact.name);
    EXPECT_TRUE(artifact.packed);  // As it was.
  }
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_TRUE(!has(1) && !has(2) && !has(3));
  EXPECT_EQ(forms(4), "raw");
  EXPECT_TRUE(holds(*reading->base, packed_seed(1), kPacked));  // To its end.
  put(2, kRaw);
  EXPECT_TRUE(store->info(name_of(2))->pinned);
}

// A fill may run for an artifact that another one stored and that was packed meanwhile.
TEST_F(FormsTest, AFillOfWhatLiesPackedIsReadByItsFollowersAndNotKept) {
  auto late = begin(1, kRaw);
  put(1, kRaw);
  pack(1, kPacked);
  ASSERT_TRUE(append_until(*late, 1, kRaw));

  ASSERT_TRUE(commit(*late, 1));

  EXPECT_TRUE(holds(*late, 1, kRaw));
  late.reset();
  EXPECT_EQ(forms(1), "packed");
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

}  // namespace
}  // namespace stagecache::store
