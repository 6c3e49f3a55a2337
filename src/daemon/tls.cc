#include "tls.h"

#include "stagecache/base/log.h"

namespace stagecache::daemon {
namespace {

std::vector<http::CertificateFiles> named_files(const config::Config& config) {
  std::vector<http::CertificateFiles> files;
  for (std::size_t i = 0; i < config.certificates.size(); ++i)
    files.push_back({config.certificates[i], config.keys[i]});
  return files;
}

}  // namespace

void Tls::add_to(Reloads& reloads) const {
  if (!certificates) return;
  reloads.add("[tls] certificates", [certificates = certificates]() -> Result<std::string> {
    if (auto reloaded = certificates->reload(); !reloaded) return error_of(std::move(reloaded));
    return certificates->describe();
  });
}

void Tls::look_after() const {
  if (certificates) certificates->reload_if_changed();
}

Result<Tls> set_up_tls(const config::Config& config) {
  Tls tls{.addresses = config.data_tls, .certificates = nullptr};
  auto files = named_files(config);
  if (tls.addresses.empty()) {
    if (!files.empty()) log_warn("tls: [tls] certificate is unused: [listen] data_tls is empty");
    return tls;
  }
  auto certificates = http::Certificates::load(std::move(files));
  if (!certificates) return std::unexpected(std::move(certificates).error().in("[tls]"));
  tls.certificates = *std::move(certificates);
  log_info("tls: {}", tls.certificates->describe());
  return tls;
}

}  // namespace stagecache::daemon
