#pragma once
//
// CertificateSet is what a TLS listener shows: one or several certificates, each
// with its key, chosen by the name that the client asks for (SNI). The first one
// is for everybody else. Immutable; a reload makes a new one.
//
// TLS 1.2 and 1.3, forward secrecy and authenticated encryption only, http/1.1 in
// ALPN. No session is resumed: a staging connects once, and a ticket key that
// lives as long as the daemon would undo the forward secrecy.
// Thread safety: all methods, from any thread.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/certificate.h"
#include "http/openssl.h"
#include "stagecache/http/certificates.h"

namespace stagecache::http {

class CertificateSet {
 public:
  /// Fails with BadInput, naming the file. REQUIRES: at least one pair.
  static Result<std::shared_ptr<const CertificateSet>> load(
      const std::vector<CertificateFiles>& files);

  /// Which certificate, by its place in the list, a client gets that asks for `server_name`.
  std::size_t choose(std::string_view server_name) const;

  /// For SSL_new; the set must outlive the connection made from it.
  SSL_CTX* context() const { return contexts_.front().get(); }

  const std::vector<Certificate>& certificates() const { return certificates_; }

 private:
  explicit CertificateSet(std::vector<Certificate> certificates);
  Status make_contexts();
  static int on_server_name(SSL* ssl, int*, void* set);

  std::vector<Certificate> certificates_;
  std::vector<SslContextPtr> contexts_;  // One a certificate.
};

}  // namespace stagecache::http
