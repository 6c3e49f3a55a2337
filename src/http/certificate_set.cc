#include "http/certificate_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "stagecache/base/check.h"

namespace stagecache::http {
namespace {

// TLS 1.2 only; those of 1.3 are all sound.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// Clients offer h2, too. One that offers neither http/1.1 nor http/1.0 is told so
/// (RFC 7301 3.2); one without ALPN is not asked.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 18> kOurs = {
      8, 'h', 't', 't', 'p', '/', '1', '.', '1', 8, 'h', 't', 't', 'p', '/', '1', '.', '0'};
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, chosen_size, kOurs.data(), kOurs.size(), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

SslContextPtr bare_context() {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  CHECK(context);
  CHECK(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_cipher_list(context.get(), kCiphers) == 1);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

/// Fails where OpenSSL's security level forbids the key: RSA below 2048 bits.
Result<SslContextPtr> context_of(const Certificate& certificate) {
  SslContextPtr context = bare_context();
  bool good = SSL_CTX_use_certificate(context.get(), certificate.leaf.get()) == 1;
  for (const X509Ptr& link : certificate.chain)
    good = good && SSL_CTX_add1_chain_cert(context.get(), link.get()) == 1;
  good = good && SSL_CTX_use_PrivateKey(context.get(), certificate.key.get()) == 1;
  if (good) return context;
  return fail(ErrorCode::BadInput, fmt::format("{}: cannot be used: {}", certificate.file.string(),
                                               take_openssl_error()));
}

std::string normal_name(std::string_view name) {
  std::string result(name);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (result.ends_with('.')) result.pop_back();
  return result;
}

}  // namespace

CertificateSet::CertificateSet(std::vector<Certificate> certificates)
    : certificates_(std::move(certificates)) {}

Result<std::shared_ptr<const CertificateSet>> CertificateSet::load(
    const std::vector<CertificateFiles>& files) {
  CHECK(!files.empty());
  std::vector<Certificate> certificates;
  for (const CertificateFiles& pair : files) {
    auto loaded = load_certificate(pair);
    if (!loaded) return error_of(std::move(loaded));
    certificates.push_back(*std::move(loaded));
  }
  const std::shared_ptr<CertificateSet> set(new CertificateSet(std::move(certificates)));
  RETURN_IF_ERROR(set->make_contexts());
  return set;
}

Status CertificateSet::make_contexts() {
  for (const Certificate& certificate : certificates_) {
    auto context = context_of(certificate);
    if (!context) return error_of(std::move(context));
    SSL_CTX_set_tlsext_servername_callback(context->get(), on_server_name);
    SSL_CTX_set_tlsext_servername_arg(context->get(), this);
    contexts_.push_back(*std::move(context));
  }
  return {};
}

std::size_t CertificateSet::choose(std::string_view server_name) const {
  const std::string host = normal_name(server_name);
  // A name in full goes before a wildcard, wherever the two stand.
  for (std::size_t i = 0; i < certificates_.size(); ++i)
    if (std::ranges::count(certificates_[i].names, host) > 0) return i;
  for (std::size_t i = 0; i < certificates_.size(); ++i)
    for (const std::string& name : certificates_[i].names)
      if (name_covers(name, host)) return i;
  return 0;
}

int CertificateSet::on_server_name(SSL* ssl, int*, void* set) {
  const auto& self = *static_cast<const CertificateSet*>(set);
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(ssl, self.contexts_[self.choose(name)].get());
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace stagecache::http
