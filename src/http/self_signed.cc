#include "stagecache/http/self_signed.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "http/certificate.h"
#include "http/issuer.h"
#include "stagecache/base/check.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"

namespace stagecache::http {
namespace {

using std::chrono::days;

constexpr days kClockSkew{1};  // Clients whose clock is behind.
constexpr days kAuthorityLife{3650};
constexpr days kCertificateLife{90};
// A third of its life: a daemon looks once an hour.
constexpr days kCertificateMargin{30};
// The CA must outlive what it signs.
constexpr days kAuthorityMargin = kCertificateLife + days(30);

struct Folder {
  std::filesystem::path path;

  CertificateFiles authority() const { return {path / "ca.pem", path / "ca-key.pem"}; }
  CertificateFiles server() const { return {path / "server.pem", path / "server-key.pem"}; }
};

Status make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  return fail(ErrorCode::BadInput, fmt::format("{}: {}", path.string(), error.message()));
}

/// The key first: a certificate without its key is what a crash must not leave.
Status publish(const CertificateFiles& files, X509& certificate, EVP_PKEY& key) {
  RETURN_IF_ERROR(publish_private_file(files.key, to_pem(key)));
  return publish_file(files.certificate, to_pem(certificate));
}

Result<Certificate> new_authority(const Folder& folder, WallTime now) {
  const KeyPtr key = make_key();
  const X509Ptr made = make_authority(*key, {now - kClockSkew, now + kAuthorityLife});
  RETURN_IF_ERROR(publish(folder.authority(), *made, *key));
  log_info("tls: made a CA of our own: {}", folder.authority().certificate.string());
  return load_certificate(folder.authority());
}

Result<Certificate> authority_in(const Folder& folder, WallTime now) {
  const CertificateFiles files = folder.authority();
  if (!std::filesystem::exists(files.certificate)) return new_authority(folder, now);
  auto kept = load_certificate(files);
  if (!kept)
    return std::unexpected(std::move(kept).error().in(fmt::format(
        "--self-signed: the CA cannot be used again; put it right, or remove {} for a new CA "
        "that clients must trust anew",
        folder.path.string())));
  if (kept->not_after - now > kAuthorityMargin) return kept;
  log_warn("tls: our own CA ends on {}: clients must trust a new one", to_rfc3339(kept->not_after));
  return new_authority(folder, now);
}

bool is_good(const Certificate& kept, const X509& wanted, const Certificate& authority,
             WallTime now) {
  const bool signed_by_it = X509_verify(kept.leaf.get(), authority.key.get()) == 1;
  ERR_clear_error();
  return signed_by_it && kept.not_after - now > kCertificateMargin &&
         alternative_names(*kept.leaf) == alternative_names(const_cast<X509&>(wanted));
}

}  // namespace

Result<SelfSigned> ensure_self_signed(const std::filesystem::path& path,
                                      const std::vector<std::string>& names, WallTime now) {
  CHECK(!names.empty());
  const Folder folder{path};
  RETURN_IF_ERROR(make_folder(path));
  const auto authority = authority_in(folder, now);
  if (!authority) return std::unexpected(authority.error());

  const KeyPtr key = make_key();
  const auto made = make_server_certificate(*key, names, {now - kClockSkew, now + kCertificateLife},
                                            *authority->leaf, *authority->key);
  if (!made) return std::unexpected(made.error());
  const auto kept = load_certificate(folder.server());
  if (!kept || !is_good(*kept, **made, *authority, now))
    RETURN_IF_ERROR(publish(folder.server(), **made, *key));
  return SelfSigned{.authority = folder.authority().certificate, .files = folder.server()};
}

}  // namespace stagecache::http
