#include "http/certificate.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "stagecache/base/file_system.h"

namespace stagecache::http {
namespace {

/// A chain is a few KiB; a larger file is the wrong file.
constexpr std::uint64_t kMaxPemBytes = 1 << 20;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Releases<GENERAL_NAMES_free>>;

/// Never asks: a daemon has no terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::unexpected<Error> bad(const std::filesystem::path& file, std::string_view why) {
  return fail(ErrorCode::BadInput, fmt::format("{}: {}", file.string(), why));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

WallTime end_of(const X509& certificate) {
  std::tm parts{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts);
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

Status read_chain(const std::filesystem::path& file, Certificate& into) {
  const auto pem = read_file(file, kMaxPemBytes);
  if (!pem) return std::unexpected(pem.error());
  const BioPtr reader = reader_of(*pem);
  into.leaf.reset(PEM_read_bio_X509_AUX(reader.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!into.leaf) return bad(file, "holds no certificate in PEM form (BEGIN CERTIFICATE)");
  while (X509* const next = PEM_read_bio_X509(reader.get(), nullptr, no_passphrase, nullptr))
    into.chain.emplace_back(next);
  const unsigned long end = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    return bad(file, fmt::format("certificate {} of the file cannot be read: {}",
                                 into.chain.size() + 2, ERR_reason_error_string(end)));
  return {};
}

Status read_key(const std::filesystem::path& file, Certificate& into) {
  const auto pem = read_file(file, kMaxPemBytes);
  if (!pem) return std::unexpected(pem.error());
  const BioPtr reader = reader_of(*pem);
  into.key.reset(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (into.key) return {};
  if (pem->find("ENCRYPTED") != std::string::npos)
    return bad(file,
               "the key is encrypted, and nobody can be asked for its passphrase; store it "
               "decrypted (openssl pkey) with mode 0600");
  return bad(file, "holds no private key in PEM form (BEGIN PRIVATE KEY)");
}

}  // namespace

Result<Certificate> load_certificate(const CertificateFiles& files) {
  Certificate loaded;
  loaded.file = files.certificate;
  RETURN_IF_ERROR(read_chain(files.certificate, loaded));
  RETURN_IF_ERROR(read_key(files.key, loaded));
  const bool fits = X509_check_private_key(loaded.leaf.get(), loaded.key.get()) == 1;
  ERR_clear_error();
  if (!fits)
    return bad(files.key, fmt::format("is not the key of the (first) certificate in {}",
                                      files.certificate.string()));
  loaded.names = host_names_of(*loaded.leaf);
  loaded.not_after = end_of(*loaded.leaf);
  return loaded;
}

std::vector<std::string> host_names_of(const X509& certificate) {
  std::vector<std::string> names;
  const NamesPtr alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) names.push_back(lower(text_of(name->d.dNSName)));
  }
  if (alternatives) return names;

  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place >= 0)
    names.push_back(lower(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)))));
  return names;
}

bool name_covers(std::string_view name, std::string_view host) {
  if (!name.starts_with("*.")) return name == host;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && host.substr(dot) == name.substr(1);
}

}  // namespace stagecache::http
