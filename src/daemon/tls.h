#pragma once
//
// What the TLS data listener serves with: the files that the configuration names,
// or with --self-signed a certificate of our own, kept beside the store.
// Thread safety: the main thread's.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "reloads.h"
#include "stagecache/config/config.h"
#include "stagecache/http/certificates.h"

namespace stagecache::daemon {

/// What `serve --self-signed` makes and where.
struct SelfSignedPlan {
  std::filesystem::path folder;    ///< "stagecache-data-tls" beside "stagecache-data".
  std::vector<std::string> names;  ///< Each once, lower case; never empty.
};
SelfSignedPlan self_signed_plan(const config::Config& config, const std::string& host_name);

class Tls {
 public:
  /// Reads the certificates, or makes them. `listening` TLS sockets may be open already: then
  /// none is bound. Fails when a certificate cannot be used, and names the file.
  static Result<Tls> set_up(const config::Config& config, std::vector<int> listening = {});

  const std::vector<std::string>& addresses() const { return addresses_; }  ///< To bind.
  const std::vector<int>& listening() const { return listening_; }
  const std::shared_ptr<http::Certificates>& certificates() const { return certificates_; }

  void add_to(Reloads& reloads) const;
  /// To be called every second or so: notices replaced files, renews what we made.
  void look_after();
  /// The lines of a quick start: what to trust, and a command that does so.
  void explain(const std::vector<std::string>& bound) const;

 private:
  Result<std::vector<http::CertificateFiles>> make_self_signed();

  std::vector<std::string> addresses_;
  std::vector<int> listening_;
  std::shared_ptr<http::Certificates> certificates_;
  SelfSignedPlan plan_;              // Without names where nothing is made.
  std::filesystem::path authority_;  // The file to trust, or "".
  unsigned looks_ = 0;
};

}  // namespace stagecache::daemon
