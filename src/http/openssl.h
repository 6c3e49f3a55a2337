#pragma once
// OpenSSL's objects with owners, and its errors as texts. For the TLS files only.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace stagecache::http {

template <auto release>
struct Releases {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Releases<BIO_free>>;
using SslPtr = std::unique_ptr<SSL, Releases<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, Releases<SSL_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, Releases<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Releases<EVP_PKEY_free>>;

/// The oldest error of this thread as "key values mismatch"; empties the queue.
inline std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "unknown OpenSSL error";
}

/// Reads from `text`, which must outlive it.
inline BioPtr reader_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace stagecache::http
