#pragma once
//
// What the entries of a tarball add up to: where everything lies, where the
// programs are that the buildpack needs, which paths leave the folder. Pure: it
// is told of each entry and knows no libarchive. Keeps no list of names, so its
// memory does not grow with the archive.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/model/artifact.h"

namespace stagecache::archive {

/// One entry, as its header names it.
struct Entry {
  enum class Type { File, Folder, SymbolicLink, HardLink, Other };
  Type type = Type::File;
  std::string_view path;
  std::string_view link_target;  ///< Of the links.
};

/// How the tar stream itself is packed.
enum class Packing { Gzip, None, Other };

class Contents {
 public:
  void add(const Entry& entry);

  /// Fills in top_folder, java_path, spark_submit_path and appends the findings.
  void describe(Packing packing, ArchiveSummary& summary) const;

 private:
  /// Entries of one kind: how many, and the first.
  struct Tally {
    std::uint64_t count = 0;
    std::string first;
    void add(std::string_view path);
  };
  /// The program that lies closest to the root.
  struct Program {
    std::string path;      ///< Without "./"; "" while there is none.
    std::string raw_path;  ///< As the header names it.
    std::size_t depth = 0;
  };

  void note_top(const Entry& entry, std::string_view path);
  static void note_program(const Entry& entry, std::string_view path, std::string_view name,
                           Program& program);
  void note_escape(const Entry& entry);

  void add_escapes(Findings& findings) const;
  void add_spark_shape(const ArchiveSummary& summary, Findings& findings) const;
  void add_java_shape(const ArchiveSummary& summary, Findings& findings) const;

  std::optional<std::string> top_;  ///< None yet; "" once there are two.
  Program java_;
  Program spark_submit_;
  Tally escaping_paths_;
  Tally escaping_links_;
};

/// Without "./", doubled and trailing slashes: ".//a/./b/" -> "a/b".
std::string normalise(std::string_view path);

/// What `tar --strip-components 1` makes of a path: "./" is a component to it.
/// "" when nothing is left.
std::string_view strip_one_component(std::string_view raw_path);

/// Lexically: `path` seen from the folder `base` ("" for the root) is absolute or
/// has more ".." than folders to leave.
bool escapes(std::string_view base, std::string_view path);

/// Fit to be shown and stored: printable ASCII, at most kMaxShownBytes.
std::string shown(std::string_view text);
inline constexpr std::size_t kMaxShownBytes = 512;

}  // namespace stagecache::archive
