#include "http/issuer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "stagecache/base/check.h"

namespace stagecache::http {
namespace {

// 127 random bits: positive, and unique without a counter (RFC 5280 4.1.2.2).
constexpr int kSerialBits = 127;
constexpr std::size_t kMostNameBytes = 64;  // ub-common-name

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Releases<X509_EXTENSION_free>>;
using BigNumberPtr = std::unique_ptr<BIGNUM, Releases<BN_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Releases<GENERAL_NAMES_free>>;

void set_serial(X509& certificate) {
  const BigNumberPtr serial(BN_new());
  CHECK(serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY));
  CHECK(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)));
}

void set_validity(X509& certificate, Validity validity) {
  ASN1_TIME_set(X509_getm_notBefore(&certificate), validity.from.time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(&certificate), validity.until.time_since_epoch().count());
}

void set_common_name(X509& certificate, std::string_view name) {
  const std::string bytes(name.substr(0, kMostNameBytes));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()), -1, 0);
}

X509Ptr new_certificate(EVP_PKEY& key, std::string_view common_name, Validity validity) {
  X509Ptr certificate(X509_new());
  CHECK(certificate);
  CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(*certificate);
  set_validity(*certificate, validity);
  set_common_name(*certificate, common_name);
  CHECK(X509_set_pubkey(certificate.get(), &key) == 1);
  return certificate;
}

bool add_extension(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  const bool added = extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
  ERR_clear_error();
  return added;
}

void sign(X509& certificate, X509& issuer, EVP_PKEY& key) {
  CHECK(X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1);
  CHECK(X509_sign(&certificate, &key, EVP_sha256()) > 0);
}

bool is_address(const std::string& name) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, name.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

std::string alternative_names_text(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string& name : names) parts.push_back((is_address(name) ? "IP:" : "DNS:") + name);
  return fmt::format("{}", fmt::join(parts, ","));
}

template <class Write>
std::string written(Write write) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  CHECK(memory && write(memory.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

KeyPtr make_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  CHECK(key);
  return key;
}

X509Ptr make_authority(EVP_PKEY& key, Validity validity) {
  // The name tells one CA from another in a client's trust store.
  X509Ptr made = new_certificate(
      key, fmt::format("stagecache self-signed CA of {}", to_rfc3339(validity.from)), validity);
  CHECK(add_extension(*made, *made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  CHECK(add_extension(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign"));
  CHECK(add_extension(*made, *made, NID_subject_key_identifier, "hash"));
  sign(*made, *made, key);
  return made;
}

Result<X509Ptr> make_server_certificate(EVP_PKEY& key, const std::vector<std::string>& names,
                                        Validity validity, X509& authority,
                                        EVP_PKEY& authority_key) {
  X509Ptr made = new_certificate(key, names.front(), validity);
  CHECK(add_extension(*made, authority, NID_basic_constraints, "critical,CA:FALSE"));
  CHECK(add_extension(*made, authority, NID_key_usage, "critical,digitalSignature"));
  CHECK(add_extension(*made, authority, NID_ext_key_usage, "serverAuth"));
  CHECK(add_extension(*made, authority, NID_subject_key_identifier, "hash"));
  CHECK(add_extension(*made, authority, NID_authority_key_identifier, "keyid:always"));
  const std::string alternatives = alternative_names_text(names);
  if (!add_extension(*made, authority, NID_subject_alt_name, alternatives))
    return fail(ErrorCode::BadInput,
                fmt::format("no certificate can be made for the names {}", alternatives));
  sign(*made, authority, authority_key);
  return made;
}

std::set<std::string> alternative_names(X509& certificate) {
  std::set<std::string> names;
  const NamesPtr found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; found && i < sk_GENERAL_NAME_num(found.get()); ++i)
    names.insert(written(
        [&](BIO* bio) { return GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(found.get(), i)); }));
  return names;
}

std::string to_pem(X509& certificate) {
  return written([&](BIO* bio) { return PEM_write_bio_X509(bio, &certificate); });
}

std::string to_pem(EVP_PKEY& key) {
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, &key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace stagecache::http
