#include "tls.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "stagecache/base/clock.h"
#include "stagecache/base/log.h"
#include "stagecache/http/self_signed.h"

namespace stagecache::daemon {
namespace {

constexpr const char* kSelfSignedAddress = "127.0.0.1:8443";
constexpr unsigned kLooksUntilRenewal = 3600;  // An hour, at one a second.

std::vector<http::CertificateFiles> named_files(const config::Config& config) {
  std::vector<http::CertificateFiles> files;
  for (std::size_t i = 0; i < config.certificates.size(); ++i)
    files.push_back({config.certificates[i], config.keys[i]});
  return files;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// As a certificate holds it: lower case, an IPv6 address without brackets.
std::string plain_name(std::string name) {
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

bool is_wildcard_address(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

bool is_host_name(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._:*") == std::string::npos;
}

std::filesystem::path beside(const std::filesystem::path& store) {
  std::filesystem::path folder = std::filesystem::absolute(store).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "store/"
  return folder += "-tls";
}

}  // namespace

SelfSignedPlan self_signed_plan(const config::Config& config, const std::string& own_name) {
  SelfSignedPlan plan{.folder = beside(config.path), .names = {}};
  const auto add = [&plan](const std::string& name) {
    const std::string plain = plain_name(name);
    if (is_host_name(plain) && !is_wildcard_address(plain) &&
        std::ranges::count(plan.names, plain) == 0)
      plan.names.push_back(plain);
  };
  for (const std::string& name : config.names) add(name);
  add("localhost");
  add(own_name);
  for (const std::string& address : config.data_tls) add(address.substr(0, address.rfind(':')));
  add("127.0.0.1");
  add("::1");
  return plan;
}

Result<Tls> Tls::set_up(const config::Config& config, std::vector<int> listening) {
  Tls tls;
  tls.listening_ = std::move(listening);
  if (tls.listening_.empty()) tls.addresses_ = config.data_tls;
  Result<std::vector<http::CertificateFiles>> files = named_files(config);
  if (config.self_signed) {
    if (tls.addresses_.empty() && tls.listening_.empty()) tls.addresses_ = {kSelfSignedAddress};
    tls.plan_ = self_signed_plan(config, host_name());
    files = tls.make_self_signed();
    if (!files) return error_of(std::move(files));
  }
  if (tls.addresses_.empty() && tls.listening_.empty()) {
    if (!files->empty()) log_warn("tls: [tls] certificate is unused: [listen] data_tls is empty");
    return tls;
  }
  if (files->empty())
    return fail(ErrorCode::BadInput,
                "the socket data_tls from systemd needs [tls] certificate and key");
  auto certificates = http::Certificates::load(*std::move(files));
  if (!certificates) return std::unexpected(std::move(certificates).error().in("[tls]"));
  tls.certificates_ = *std::move(certificates);
  log_info("tls: {}", tls.certificates_->describe());
  return tls;
}

Result<std::vector<http::CertificateFiles>> Tls::make_self_signed() {
  const auto made = http::ensure_self_signed(plan_.folder, plan_.names, SystemClock().wall());
  if (!made) return std::unexpected(made.error());
  authority_ = made->authority;
  return std::vector{made->files};
}

void Tls::add_to(Reloads& reloads) const {
  if (!certificates_) return;
  reloads.add("[tls] certificates", [certificates = certificates_]() -> Result<std::string> {
    if (auto reloaded = certificates->reload(); !reloaded) return error_of(std::move(reloaded));
    return certificates->describe();
  });
}

void Tls::look_after() {
  if (!certificates_) return;
  if (++looks_ % kLooksUntilRenewal == 0 && !plan_.names.empty()) {
    if (const auto made = make_self_signed(); !made)
      log_warn("tls: the certificate was not renewed: {}", made.error().message);
  }
  certificates_->reload_if_changed();
}

void Tls::explain(const std::vector<std::string>& bound) const {
  if (authority_.empty() || bound.empty()) return;
  log_info("tls: clients must trust {}", authority_.string());
  log_info("tls: try: curl --cacert {} https://localhost{}/healthz", authority_.string(),
           bound.front().substr(bound.front().rfind(':')));
}

}  // namespace stagecache::daemon
