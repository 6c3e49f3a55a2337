#pragma once
// What the TLS data listener serves with: the files that the configuration names.

#include <memory>
#include <string>
#include <vector>

#include "reloads.h"
#include "stagecache/config/config.h"
#include "stagecache/http/certificates.h"

namespace stagecache::daemon {

struct Tls {
  std::vector<std::string> addresses;                ///< Empty: no TLS.
  std::shared_ptr<http::Certificates> certificates;  ///< Null: no TLS.

  void add_to(Reloads& reloads) const;
  /// To be called every second or so: notices replaced files.
  void look_after() const;
};

/// Reads the certificates. Fails when one cannot be used, and names the file.
Result<Tls> set_up_tls(const config::Config& config);

}  // namespace stagecache::daemon
