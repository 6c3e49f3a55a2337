#pragma once
// Who may use the admin listener. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"
#include "stagecache/model/header.h"

namespace stagecache::admin {

/// Fails with Denied unless the request carries `token` as a bearer token (any
/// request passes when `token` is empty). Takes the same time however much of a
/// wrong token is right.
Status check_token(const Headers& headers, std::string_view token);

/// Fails with Denied for a request that a web page of another origin sends.
Status check_origin(const Headers& headers);

/// Fails with Denied for a Host that is a name, but for localhost. Where there is no
/// token only loopback is listened on; a web page whose own name was made to resolve
/// to it (DNS rebinding) would otherwise look like our own origin.
Status check_host(const Headers& headers);

}  // namespace stagecache::admin
