#pragma once
// One certificate with its chain and key, read from PEM files; and which host
// names it is for. Immutable.

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "http/openssl.h"
#include "stagecache/base/clock.h"
#include "stagecache/http/certificates.h"

namespace stagecache::http {

struct Certificate {
  std::filesystem::path file;  ///< For messages.
  X509Ptr leaf;
  std::vector<X509Ptr> chain;  ///< The rest of the file, in its order.
  KeyPtr key;
  std::vector<std::string> names;  ///< Lower case; "*.example.org" for any label.
  WallTime not_after;
};

/// Fails with BadInput or NotFound, naming the file: unreadable, no PEM, encrypted
/// key, key of another certificate.
Result<Certificate> load_certificate(const CertificateFiles& files);

/// The host names in a certificate: its subjectAltName, or where it has none its
/// common name (RFC 6125 6.4.4).
std::vector<std::string> host_names_of(const X509& certificate);

/// Does `name` of a certificate stand for `host`? A leading "*." is one label
/// (RFC 6125 6.4.3). Both in lower case.
bool name_covers(std::string_view name, std::string_view host);

}  // namespace stagecache::http
