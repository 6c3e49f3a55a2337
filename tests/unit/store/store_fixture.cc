#include "store_fixture.h"

#include <fcntl.h>
#include <rocksdb/sst_file_reader.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "stagecache/base/file_system.h"

namespace stagecache::store {

std::uint64_t du(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::set<ino_t> seen;
  for (const FileUsage& file : walk_usage(folder).value_or(std::vector<FileUsage>{})) {
    struct stat info{};
    if (::lstat(file.path.c_str(), &info) != 0) continue;  // Deleted during the walk.
    if (info.st_nlink > 1 && !S_ISDIR(info.st_mode) && !seen.insert(info.st_ino).second) continue;
    sum += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return sum;
}

std::vector<std::byte> pattern(std::uint64_t seed, std::uint64_t offset, std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  for (std::uint64_t i = 0; i < size;) {
    const std::uint64_t word = (offset + i) / 8, at = (offset + i) % 8;
    std::uint64_t value = (word + seed * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    value ^= value >> 31;
    const std::uint64_t count = std::min(8 - at, size - i);
    std::memcpy(bytes.data() + i, reinterpret_cast<const char*>(&value) + at, count);
    i += count;
  }
  return bytes;
}

Sha256 name_of(std::uint64_t seed) {
  const auto bytes = pattern(seed + 1'000'000, 0, 32);
  return Sha256::from(bytes);
}

FillRecord fill_of(std::uint64_t seed) {
  FillRecord record;
  record.source_key = "example.org/" + std::to_string(seed);
  record.url = "https://" + record.source_key;
  return record;
}

Artifact artifact_of(std::uint64_t seed, std::uint64_t size, WallTime stored_at) {
  Artifact artifact;
  artifact.sha256 = name_of(seed);
  artifact.size = size;
  artifact.name = std::to_string(seed);
  artifact.stored_at = stored_at;
  return artifact;
}

Source source_of(std::uint64_t seed) {
  Source source;
  source.key = "example.org/" + std::to_string(seed);
  source.url = "https://" + source.key;
  source.sha256 = name_of(seed);
  return source;
}

namespace {

template <class Writer>
Status append_pattern(Writer& writer, std::uint64_t seed, std::uint64_t until) {
  constexpr std::uint64_t kStep = 300'000;  // Fits no chunk.
  while (writer.size() < until) {
    const std::uint64_t offset = writer.size();
    RETURN_IF_ERROR(writer.append(pattern(seed, offset, std::min(kStep, until - offset))));
  }
  return {};
}

}  // namespace

Status append_until(Filling& filling, std::uint64_t seed, std::uint64_t until) {
  return append_pattern(filling, seed, until);
}
Status append_until(FormWriter& writer, std::uint64_t seed, std::uint64_t until) {
  return append_pattern(writer, seed, until);
}

Store::FormOrder packed_order(std::uint64_t seed, std::uint64_t expected_bytes,
                              std::optional<std::uint64_t> base) {
  Store::FormOrder order{.sha256 = name_of(seed),
                         .form = Form::Packed,
                         .expected_bytes = expected_bytes,
                         .room = Store::Room::MayEvict};
  if (base) order.keep.push_back(name_of(*base));
  return order;
}

StoreTest::StoreTest() {
  options.path = folder.path() / "store";
  options.quota_bytes = 400 * kMiB;
  options.min_free_bytes = 0;
  options.memory_bytes = 64 * kMiB;
  options.clock = &clock;
}

Status StoreTest::try_open() {
  auto opened = Store::open(options);
  if (!opened) return error_of(std::move(opened));
  store = *std::move(opened);
  return {};
}

void StoreTest::open() {
  const auto opened = try_open();
  ASSERT_TRUE(opened) << opened.error().message;
}

std::unique_ptr<Filling> StoreTest::begin(std::uint64_t seed, std::optional<std::uint64_t> size) {
  auto filling = store->begin_fill(fill_of(seed), size);
  EXPECT_TRUE(filling) << filling.error().message;
  return filling ? *std::move(filling) : nullptr;
}

Status StoreTest::commit(Filling& filling, std::uint64_t seed) {
  return filling.commit(artifact_of(seed, filling.size(), clock.wall()), source_of(seed), false);
}

Status StoreTest::try_put(std::uint64_t seed, std::uint64_t size) {
  auto filling = store->begin_fill(fill_of(seed), size);
  if (!filling) return error_of(std::move(filling));
  RETURN_IF_ERROR(append_until(**filling, seed, size));
  return commit(**filling, seed);
}

void StoreTest::put(std::uint64_t seed, std::uint64_t size) {
  const auto stored = try_put(seed, size);
  ASSERT_TRUE(stored) << stored.error().message;
}

Status StoreTest::try_pack(std::uint64_t seed, std::uint64_t size,
                           std::optional<std::uint64_t> base, FormWriter::RawForm raw_form) {
  auto writer = store->begin_form(packed_order(seed, size, base));
  if (!writer) return error_of(std::move(writer));
  RETURN_IF_ERROR(append_until(**writer, packed_seed(seed), size));
  FormWriter::Commit commit{.raw_form = raw_form};
  if (base) commit.base = name_of(*base);
  return (*writer)->commit(commit);
}

void StoreTest::pack(std::uint64_t seed, std::uint64_t size, std::optional<std::uint64_t> base,
                     FormWriter::RawForm raw_form) {
  const auto packed = try_pack(seed, size, base, raw_form);
  ASSERT_TRUE(packed) << packed.error().message;
}

::testing::AssertionResult StoreTest::packed_reads_back(std::uint64_t seed, std::uint64_t size) {
  const auto packed = store->packed(name_of(seed));
  if (!packed) return ::testing::AssertionFailure() << packed.error().message;
  if (!*packed) return ::testing::AssertionFailure() << "not stored packed";
  return holds((*packed)->content, packed_seed(seed), size);
}

std::string StoreTest::forms(std::uint64_t seed) const {
  const auto artifact = store->find_artifact(name_of(seed));
  if (!artifact) return "";
  if (!artifact->packed) return "raw";
  return artifact->raw_content == 0 ? "packed" : "raw packed";
}

std::uint64_t StoreTest::stored_bytes() const {
  std::uint64_t sum = 0;
  for (const ArtifactInfo& info : store->list()) sum += info.stored_bytes;
  return sum;
}

::testing::AssertionResult StoreTest::reads_back(std::uint64_t seed, std::uint64_t size) {
  const auto content = store->content(name_of(seed));
  if (!content) return ::testing::AssertionFailure() << content.error().message;
  if (!*content) return ::testing::AssertionFailure() << "not stored";
  return holds(**content, seed, size);
}

namespace {

/// Only SstFileWriter leaves this property: it tells a piece from a catalog's table.
bool is_piece(const std::filesystem::path& file) {
  rocksdb::SstFileReader reader{rocksdb::Options()};
  return file.extension() == ".sst" && reader.Open(file.string()).ok() &&
         reader.GetTableProperties()->user_collected_properties.contains(
             "rocksdb.external_sst_file.version");
}

}  // namespace

std::filesystem::path StoreTest::largest_piece() const {
  std::filesystem::path largest;
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.path / "db"))
    if (entry.path().extension() == ".sst" && entry.file_size() > size) {
      size = entry.file_size();
      largest = entry.path();
    }
  return largest;
}

void StoreTest::flip_bit(std::uint64_t offset) const {
  const int file = ::open(largest_piece().c_str(), O_RDWR | O_CLOEXEC);
  char byte = 0;
  ASSERT_EQ(::pread(file, &byte, 1, static_cast<off_t>(offset)), 1);
  byte = static_cast<char>(byte ^ 0x10);
  ASSERT_EQ(::pwrite(file, &byte, 1, static_cast<off_t>(offset)), 1);
  ::close(file);
}

std::uint64_t StoreTest::piece_files_bytes() const {
  std::uint64_t sum = 0;
  for (const FileUsage& file : walk_usage(options.path / "db").value_or(std::vector<FileUsage>{}))
    if (is_piece(file.path)) sum += file.allocated_bytes;
  return sum;
}

::testing::AssertionResult StoreTest::ledger_is_right() const {
  const auto usage = store->stats().quota;
  const std::uint64_t disk = du(options.path), pieces = piece_files_bytes();
  if (disk > usage.taken())
    return ::testing::AssertionFailure() << "du " << disk << " > ledger " << usage.taken();
  if (usage.used != pieces)
    return ::testing::AssertionFailure() << "used " << usage.used << ", pieces take " << pieces;
  return ::testing::AssertionSuccess();
}

bool StoreTest::wait_for_used(std::uint64_t bytes) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (used() != bytes && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return used() == bytes;
}

}  // namespace stagecache::store
