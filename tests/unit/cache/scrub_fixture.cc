#include "scrub_fixture.h"

#include <cstdio>

namespace stagecache::cache::test {
namespace {

/// What a piece holds beside its chunks: an index, a footer.
constexpr std::uint64_t kMostBeside = 4096;

std::filesystem::path kept_beside(std::filesystem::path piece) {
  return piece.replace_extension(".kept");
}

}  // namespace

std::filesystem::path ScrubTest::piece_of(std::uint64_t bytes) const {
  std::filesystem::path newest;
  std::error_code broken;
  for (const auto& entry : std::filesystem::directory_iterator(store_options.path / "db"))
    if (entry.path().extension() == ".sst" && entry.is_regular_file(broken) &&
        entry.file_size() >= bytes && entry.file_size() <= bytes + kMostBeside)
      newest = std::max(newest, entry.path());
  EXPECT_FALSE(newest.empty()) << "no piece of " << bytes << " bytes";
  return newest;
}

void ScrubTest::flip(const std::filesystem::path& piece, std::uint64_t offset) {
  std::FILE* const file = std::fopen(piece.c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  std::fseek(file, static_cast<long>(offset), SEEK_SET);
  const int byte = std::fgetc(file);
  std::fseek(file, static_cast<long>(offset), SEEK_SET);
  std::fputc(byte ^ 0x10, file);
  std::fclose(file);
}

void ScrubTest::break_off(const std::filesystem::path& piece) {
  std::filesystem::rename(piece, kept_beside(piece));
  std::filesystem::create_symlink(piece.filename(), piece);
}

void ScrubTest::mend(const std::filesystem::path& piece) {
  std::filesystem::rename(kept_beside(piece), piece);
}

}  // namespace stagecache::cache::test
