#pragma once
//
// The response to a request for an artifact whose answer is known: head fields,
// conditionals, ranges. Pure, but for taking hold of the body.

#include <memory>

#include "stagecache/cache/body.h"
#include "stagecache/http/message.h"

namespace stagecache::http {

/// By what name the client asked: decides which entity tag it gets.
enum class NamedBy { Url, Digest };

/// 200, 206, 304, 412 or 416; the last two with a text that says why.
Response artifact_response(const Headers& request, NamedBy named_by,
                           std::shared_ptr<cache::Body> body);

/// The entity tag an answer carries: by digest the digest; by URL the origin's
/// strong one, and the digest where it has none. "" when none is known.
std::string entity_tag(NamedBy named_by, const cache::Meta& meta);

}  // namespace stagecache::http
