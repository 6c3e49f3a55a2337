#pragma once
//
// Certificates are the PEM files that a TLS listener serves with. They are read
// again on demand, or when a file was replaced (renamed over, or behind a symlink).
// A new pair that cannot be used is reported and the old ones go on being served.
// Running connections keep what they began with.
//
// Thread safety: all methods, from any thread.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"

namespace stagecache::http {

class CertificateSet;

struct CertificateFiles {
  std::filesystem::path certificate;  ///< Leaf first, then its chain.
  std::filesystem::path key;          ///< May be the same file.
};

class Certificates {
 public:
  /// Fails with BadInput or NotFound, naming the file that cannot be used.
  /// REQUIRES: at least one pair; the first is for clients that ask for no known name.
  static Result<std::shared_ptr<Certificates>> load(std::vector<CertificateFiles> files);
  ~Certificates();

  /// Reads the files again. When it fails everything stays as it was.
  Status reload() EXCLUDES(mutex_);

  /// Does so if a file has changed since it was last read, or could not be used
  /// then; logs what came of it. Cheap: two stat calls a pair.
  void reload_if_changed() EXCLUDES(mutex_);

  /// A line: how many, for which names, until when.
  std::string describe() const;

  std::shared_ptr<const CertificateSet> current() const EXCLUDES(mutex_);

 private:
  struct Stamp;
  explicit Certificates(std::vector<CertificateFiles> files);
  std::vector<Stamp> stamps() const;

  const std::vector<CertificateFiles> files_;
  mutable Mutex mutex_;
  std::shared_ptr<const CertificateSet> current_ GUARDED_BY(mutex_);
  std::vector<Stamp> read_at_ GUARDED_BY(mutex_);  // How the files looked when last read.
  std::string last_failure_ GUARDED_BY(mutex_);    // "" when the last read went well.
};

}  // namespace stagecache::http
