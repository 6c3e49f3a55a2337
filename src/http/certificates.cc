#include "stagecache/http/certificates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>

#include "http/certificate_set.h"
#include "stagecache/base/log.h"

namespace stagecache::http {
namespace {

void warn_of_loose_key(const std::filesystem::path& key) {
  struct stat info{};
  if (::stat(key.c_str(), &info) != 0 || (info.st_mode & S_IROTH) == 0) return;
  log_warn("tls: every user of this machine can read the key {}; give it mode 0600", key.string());
}

void warn_of_end(const Certificate& certificate, WallTime now) {
  if (certificate.not_after > now) return;
  log_warn("tls: the certificate {} ended on {}: clients will refuse it", certificate.file.string(),
           to_rfc3339(certificate.not_after));
}

std::string describe_one(const Certificate& certificate) {
  const auto& names = certificate.names;
  return fmt::format("{} ({}, until {})", certificate.file.string(),
                     names.empty() ? "no host name" : fmt::format("{}", fmt::join(names, " ")),
                     to_rfc3339(certificate.not_after));
}

}  // namespace

/// Tells one state of a file from another. What a symlink leads to counts; a file
/// that is not there is a state, too.
struct Certificates::Stamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = -1, modified_s = 0, modified_ns = 0, changed_s = 0, changed_ns = 0;
  bool operator==(const Stamp&) const = default;

  static Stamp of(const std::filesystem::path& file) {
    struct stat info{};
    if (::stat(file.c_str(), &info) != 0) return {};
    return {.device = info.st_dev,
            .inode = info.st_ino,
            .size = info.st_size,
            .modified_s = info.st_mtim.tv_sec,
            .modified_ns = info.st_mtim.tv_nsec,
            .changed_s = info.st_ctim.tv_sec,
            .changed_ns = info.st_ctim.tv_nsec};
  }
};

Certificates::Certificates(std::vector<CertificateFiles> files) : files_(std::move(files)) {}

Certificates::~Certificates() = default;

Result<std::shared_ptr<Certificates>> Certificates::load(std::vector<CertificateFiles> files) {
  const std::shared_ptr<Certificates> loaded(new Certificates(std::move(files)));
  RETURN_IF_ERROR(loaded->reload());
  return loaded;
}

Status Certificates::reload() {
  MutexLock lock(mutex_);
  // Before the files are read: what changes meanwhile is seen next time.
  read_at_ = stamps();
  auto set = CertificateSet::load(files_);
  last_failure_ = set ? "" : set.error().message;
  if (!set) return error_of(std::move(set));
  current_ = *std::move(set);
  for (const CertificateFiles& pair : files_) warn_of_loose_key(pair.key);
  const WallTime now = SystemClock().wall();
  for (const Certificate& certificate : current_->certificates()) warn_of_end(certificate, now);
  return {};
}

void Certificates::reload_if_changed() {
  std::string known_failure;
  {
    MutexLock lock(mutex_);
    // A pair that does not fit may be half of a replacement: it is tried again.
    if (last_failure_.empty() && stamps() == read_at_) return;
    known_failure = last_failure_;
  }
  const auto reloaded = reload();
  if (reloaded) return log_info("tls: the files changed; {}", describe());
  if (reloaded.error().message != known_failure)
    log_warn(
        "tls: the files changed and cannot be used, the old certificates go on being "
        "served: {}",
        reloaded.error().message);
}

std::string Certificates::describe() const {
  const auto set = current();
  std::vector<std::string> lines;
  for (const Certificate& certificate : set->certificates())
    lines.push_back(describe_one(certificate));
  return fmt::format("serving {}", fmt::join(lines, ", "));
}

std::shared_ptr<const CertificateSet> Certificates::current() const {
  MutexLock lock(mutex_);
  return current_;
}

std::vector<Certificates::Stamp> Certificates::stamps() const {
  std::vector<Stamp> found;
  for (const CertificateFiles& pair : files_) {
    found.push_back(Stamp::of(pair.certificate));
    found.push_back(Stamp::of(pair.key));
  }
  return found;
}

}  // namespace stagecache::http
