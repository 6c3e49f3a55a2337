#include "stagecache/archive/look.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "contents.h"
#include "stagecache/base/check.h"

namespace stagecache::archive {
namespace {

struct FreeArchive {
  void operator()(struct ::archive* handle) const { archive_read_free(handle); }
};
using Handle = std::unique_ptr<struct ::archive, FreeArchive>;

/// The source as libarchive's read callback sees it.
class Input {
 public:
  explicit Input(const ByteSource& next) : next_(next) {}

  static la_ssize_t read(struct ::archive*, void* self, const void** bytes) {
    return static_cast<Input*>(self)->next(bytes);
  }

  std::uint64_t bytes() const { return bytes_; }
  std::optional<Error>& error() { return error_; }
  /// The source's first byte was '<'.
  bool begins_like_a_page() const { return first_ == '<'; }

 private:
  la_ssize_t next(const void** bytes) {
    if (ended_) return 0;
    auto span = next_();
    if (!span) {
      ended_ = true;
      error_ = std::move(span).error();
      return ARCHIVE_FATAL;
    }
    ended_ = span->empty();
    if (bytes_ == 0 && !ended_) first_ = std::to_integer<char>(span->front());
    bytes_ += span->size();
    *bytes = span->data();
    return static_cast<la_ssize_t>(span->size());
  }

  const ByteSource& next_;
  std::uint64_t bytes_ = 0;
  char first_ = '\0';
  bool ended_ = false;
  std::optional<Error> error_;
};

Handle new_handle() {
  Handle handle(archive_read_new());
  CHECK(handle);
  // Tar and these filters only: a parser that is not there has no bugs. ARCHIVE_OK
  // says that the filter is built in; else libarchive would run a program.
  CHECK(archive_read_support_format_tar(handle.get()) == ARCHIVE_OK);
  CHECK(archive_read_support_filter_gzip(handle.get()) == ARCHIVE_OK);
  CHECK(archive_read_support_filter_bzip2(handle.get()) == ARCHIVE_OK);
  CHECK(archive_read_support_filter_xz(handle.get()) == ARCHIVE_OK);
  CHECK(archive_read_support_filter_zstd(handle.get()) == ARCHIVE_OK);
  return handle;
}

std::string_view text_of(const char* text) {
  return text ? std::string_view(text) : std::string_view();
}

Entry describe_entry(struct ::archive_entry* raw) {
  Entry entry;
  entry.path = text_of(archive_entry_pathname(raw));
  if (const char* target = archive_entry_hardlink(raw)) {
    entry.type = Entry::Type::HardLink;
    entry.link_target = target;
    return entry;
  }
  switch (archive_entry_filetype(raw)) {
    case AE_IFREG: entry.type = Entry::Type::File; break;
    case AE_IFDIR: entry.type = Entry::Type::Folder; break;
    case AE_IFLNK:
      entry.type = Entry::Type::SymbolicLink;
      entry.link_target = text_of(archive_entry_symlink(raw));
      break;
    default: entry.type = Entry::Type::Other;
  }
  return entry;
}

/// One look at one tarball.
class Look {
 public:
  Look(const ByteSource& next, const Limits& limits)
      : limits_(limits), input_(next), handle_(new_handle()) {}

  Result<ArchiveSummary> run() {
    int status = archive_read_open(handle_.get(), &input_, nullptr, Input::read, nullptr);
    // A damaged first block is told at once, or with the first header.
    if (status >= ARCHIVE_WARN) status = read_entries();
    if (input_.error()) return std::unexpected(*std::move(input_.error()));
    summarise(status);
    return std::move(summary_);
  }

 private:
  /// Returns ARCHIVE_EOF, ARCHIVE_FATAL, or ARCHIVE_OK when a limit ended it.
  int read_entries() {
    for (;;) {
      struct ::archive_entry* raw = nullptr;
      const int status = archive_read_next_header(handle_.get(), &raw);
      if (status == ARCHIVE_EOF) return status;
      // ARCHIVE_RETRY (a header with a wrong checksum) offers to go on with the
      // next block. tar goes on, too, but then exits 2: the staging fails.
      if (status == ARCHIVE_RETRY || status < ARCHIVE_WARN) return ARCHIVE_FATAL;
      if (over_a_limit()) return ARCHIVE_OK;

      if (++summary_.entries > limits_.max_entries) {
        end_early(fmt::format("the archive has more than {} entries", limits_.max_entries));
        return ARCHIVE_OK;
      }
      const Entry entry = describe_entry(raw);
      contents_.add(entry);
      if (claims_too_much(raw)) return ARCHIVE_OK;
      const int data = read_data(entry.type);
      if (data != ARCHIVE_EOF) return data;
    }
  }

  /// Reads and drops an entry's data. The bytes that are there are counted, not
  /// those that the header promises.
  int read_data(Entry::Type type) {
    for (;;) {
      const void* bytes = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(handle_.get(), &bytes, &size, &offset);
      if (status == ARCHIVE_EOF) return status;
      if (status == ARCHIVE_RETRY || status < ARCHIVE_WARN) return ARCHIVE_FATAL;
      data_bytes_ += size;
      if (type == Entry::Type::File) summary_.extracted_bytes += size;
      if (over_a_limit()) return ARCHIVE_OK;
    }
  }

  /// A header that promises more than is allowed ends the look before the data
  /// is read. Holes of a sparse file are promised, too, but cost nothing.
  bool claims_too_much(struct ::archive_entry* raw) {
    if (archive_entry_sparse_count(raw) > 0 || !archive_entry_size_is_set(raw)) return false;
    const auto size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(raw), 0));
    if (size <= limits_.max_extracted_bytes) return false;
    end_early(fmt::format("an entry of {} bytes is more than the {} that an archive may have", size,
                          limits_.max_extracted_bytes));
    return true;
  }

  bool over_a_limit() {
    if (ended_early_) return true;
    // The tar stream's bytes, not only the files': a bomb can be made of headers,
    // too. libarchive counts a block of data when it is asked for the next one.
    const auto stream = static_cast<std::uint64_t>(archive_filter_bytes(handle_.get(), 0));
    const std::uint64_t expanded = std::max(stream, data_bytes_);
    if (expanded > limits_.max_extracted_bytes) {
      end_early(
          fmt::format("the archive unpacks to more than {} bytes", limits_.max_extracted_bytes));
    } else if (expanded > limits_.ratio_from && expanded / limits_.max_ratio > input_.bytes()) {
      end_early(
          fmt::format("the archive unpacks to more than {} times its size", limits_.max_ratio));
    }
    return ended_early_;
  }

  void end_early(std::string reason) {
    ended_early_ = true;
    summary_.findings.push_back(
        {.severity = Severity::Error,
         .text = reason + ": the rest was not looked at, and extracting it may fill the disk",
         .fix = "use an archive whose publisher you trust"});
  }

  void summarise(int status) {
    if (status == ARCHIVE_FATAL && summary_.entries == 0) return not_an_archive();
    summary_.kind = ArchiveSummary::Kind::Tar;
    if (status == ARCHIVE_FATAL) {
      summary_.findings.push_back(
          {.severity = Severity::Error,
           .text =
               fmt::format("the archive is cut off or damaged after {} entries ({}): extracting "
                           "it fails",
                           summary_.entries, reason()),
           .fix = "fetch it again, or from another place"});
    }
    contents_.describe(packing(), summary_);
  }

  void not_an_archive() {
    summary_.kind = ArchiveSummary::Kind::NotAnArchive;
    const std::string_view guess = input_.bytes() == 0           ? ": it is empty"
                                   : input_.begins_like_a_page() ? ": it looks like a web page"
                                                                 : "";
    summary_.findings.push_back(
        {.severity = Severity::Warning,
         .text = fmt::format("this is no tar archive{} ({})", guess, reason()),
         .fix = "look at what the URL gives in a browser"});
  }

  /// libarchive's own words.
  std::string reason() const {
    const std::string_view text = text_of(archive_error_string(handle_.get()));
    return text.empty() ? "no reason given" : shown(text);
  }

  Packing packing() const {
    // The last of them is the source itself.
    const int filters = archive_filter_count(handle_.get()) - 1;
    if (filters == 0) return Packing::None;
    const bool gzip = archive_filter_code(handle_.get(), 0) == ARCHIVE_FILTER_GZIP;
    return gzip && filters == 1 ? Packing::Gzip : Packing::Other;
  }

  const Limits limits_;
  Input input_;
  Handle handle_;
  Contents contents_;
  ArchiveSummary summary_;
  std::uint64_t data_bytes_ = 0;  ///< Of all entries, sparse ones without their holes.
  bool ended_early_ = false;
};

}  // namespace

Result<ArchiveSummary> look(const ByteSource& next, const Limits& limits) {
  return Look(next, limits).run();
}

}  // namespace stagecache::archive
