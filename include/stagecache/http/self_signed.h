#pragma once
//
// A certificate for trying TLS out: signed by a CA of our own that clients are told
// to trust. Both are kept in a folder and used again; the certificate is made anew
// when other names are wanted or its end is near, the CA only when its own is.
//
// The CA's key can sign for any name: whoever trusts the CA trusts this folder.
// Nothing here is for production. Thread safety: one thread, one process a folder.

#include <filesystem>
#include <string>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/http/certificates.h"

namespace stagecache::http {

struct SelfSigned {
  std::filesystem::path authority;  ///< The CA's certificate: what clients are to trust.
  CertificateFiles files;
};

/// Sees to it that `folder` holds a CA and a certificate for `names` (host names and
/// addresses; the first is its common name). Fails with BadInput when what is there
/// cannot be used: an existing CA is never replaced while it is good.
Result<SelfSigned> ensure_self_signed(const std::filesystem::path& folder,
                                      const std::vector<std::string>& names, WallTime now);

}  // namespace stagecache::http
