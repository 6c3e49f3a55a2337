#pragma once
// Makes keys and X.509 certificates (RFC 5280): a CA, and what it signs for a TLS
// server. ECDSA on P-256, which every client of ours knows. Pure but for chance.

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "http/openssl.h"
#include "stagecache/base/clock.h"

namespace stagecache::http {

struct Validity {
  WallTime from, until;
};

KeyPtr make_key();

/// A CA that may sign servers' certificates and no other CA.
X509Ptr make_authority(EVP_PKEY& key, Validity validity);

/// The certificate of a TLS server. Fails with BadInput when a name cannot stand in one.
Result<X509Ptr> make_server_certificate(EVP_PKEY& key, const std::vector<std::string>& names,
                                        Validity validity, X509& authority,
                                        EVP_PKEY& authority_key);

/// Host names and addresses as subjectAltName holds them, in one spelling: "DNS:a.example",
/// "IP Address:127.0.0.1".
std::set<std::string> alternative_names(X509& certificate);

std::string to_pem(X509& certificate);
std::string to_pem(EVP_PKEY& key);

}  // namespace stagecache::http
