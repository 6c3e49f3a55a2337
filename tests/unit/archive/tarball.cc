#include "tests/unit/archive/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace stagecache::archive::test {
namespace {

constexpr std::size_t kBlock = 512;

/// Digits of a ustar field, or base 256 where eleven octal ones are too few.
void put_size(char* field, std::uint64_t size) {
  if (size < (1ull << 33)) {
    std::snprintf(field, 12, "%011llo", static_cast<unsigned long long>(size));
    return;
  }
  std::memset(field, 0, 12);
  field[0] = static_cast<char>(0x80);
  for (int i = 0; i < 8; ++i) field[11 - i] = static_cast<char>(size >> (8 * i));
}

la_ssize_t append(struct ::archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

Tarball& Tarball::header(const std::string& path, char type, std::uint64_t size,
                         const std::string& link) {
  std::array<char, kBlock> block{};
  std::copy_n(path.begin(), std::min<std::size_t>(path.size(), 100), block.begin());
  std::snprintf(&block[100], 8, "0000755");
  std::snprintf(&block[108], 8, "0000000");
  std::snprintf(&block[116], 8, "0000000");
  put_size(&block[124], size);
  std::snprintf(&block[136], 12, "00000000000");
  std::memset(&block[148], ' ', 8);
  block[156] = type;
  std::copy_n(link.begin(), std::min<std::size_t>(link.size(), 100), block.begin() + 157);
  std::memcpy(&block[257], "ustar\00000", 8);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(&block[148], 8, "%06o", sum);
  return raw({block.data(), block.size()});
}

Tarball& Tarball::raw(std::string_view bytes) {
  blocks_ += bytes;
  return *this;
}

Tarball& Tarball::file(const std::string& path, std::string_view data) {
  header(path, '0', data.size()).raw(data);
  blocks_.resize((blocks_.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return *this;
}
Tarball& Tarball::folder(const std::string& path) {
  return header(path + "/", '5', 0);
}
Tarball& Tarball::symlink(const std::string& path, const std::string& target) {
  return header(path, '2', 0, target);
}
Tarball& Tarball::hardlink(const std::string& path, const std::string& target) {
  return header(path, '1', 0, target);
}

std::string pack(std::string_view bytes, Filter filter) {
  if (filter == Filter::None) return std::string(bytes);
  std::string packed;
  struct ::archive* const writer = archive_write_new();
  archive_write_set_format_raw(writer);
  const int code = filter == Filter::Gzip    ? ARCHIVE_FILTER_GZIP
                   : filter == Filter::Bzip2 ? ARCHIVE_FILTER_BZIP2
                   : filter == Filter::Xz    ? ARCHIVE_FILTER_XZ
                                             : ARCHIVE_FILTER_ZSTD;
  archive_write_add_filter(writer, code);
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open(writer, &packed, nullptr, append, nullptr);
  struct ::archive_entry* const entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_pathname(entry, "data");
  archive_write_header(writer, entry);
  EXPECT_EQ(archive_write_data(writer, bytes.data(), bytes.size()),
            static_cast<la_ssize_t>(bytes.size()));
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  return packed;
}

ByteSource source_of(const std::string& bytes, std::size_t part) {
  return [&bytes, part, at = std::size_t{0}]() mutable -> Result<std::span<const std::byte>> {
    const auto rest = std::as_bytes(std::span(bytes)).subspan(at);
    const auto given = rest.first(std::min(part, rest.size()));
    at += given.size();
    return given;
  };
}

ArchiveSummary look_at(const std::string& bytes, const Limits& limits) {
  auto summary = look(source_of(bytes), limits);
  EXPECT_TRUE(summary) << (summary ? "" : summary.error().message);
  return summary ? *std::move(summary) : ArchiveSummary{};
}

bool has_finding(const ArchiveSummary& summary, Severity severity, std::string_view part) {
  return std::ranges::any_of(summary.findings, [&](const Finding& finding) {
    return finding.severity == severity && finding.text.find(part) != std::string::npos;
  });
}

std::string listed(const ArchiveSummary& summary) {
  std::string all;
  for (const Finding& one : summary.findings)
    all += std::string(to_string(one.severity)) + ": " + one.text + " [" + one.fix + "]\n";
  return all;
}

}  // namespace stagecache::archive::test
