#pragma once
// What the admin API says, as JSON (DESIGN: lists are {"artifacts":[...]}, times
// RFC 3339, unknown is null). Pure.

#include <boost/json.hpp>

#include <functional>
#include <string>

#include "stagecache/cache/cache.h"
#include "stagecache/cache/scrub.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/finding.h"
#include "stagecache/prefetch/warm_jobs.h"
#include "stagecache/store/store.h"
#include "stagecache/upstream/upstream.h"

namespace stagecache::admin {

boost::json::object to_json(const Finding& finding);
boost::json::value to_json(const ArchiveSummary& archive);
boost::json::object to_json(const prefetch::JobStatus& job);
/// What an artifact is called; "" for one that is not stored.
using NameOf = std::function<std::string(const Sha256&)>;
boost::json::object to_json(const store::ArtifactInfo& info, const std::vector<Source>& sources,
                            const NameOf& name_of);
boost::json::object to_json(const cache::ScrubStatus& status);
boost::json::value to_json(const cache::PackerState& packer);  ///< Null when idle.
boost::json::array to_json(const std::vector<upstream::HostUse>& hosts);
boost::json::object to_json(const store::Stats& store, const cache::Counters& cache,
                            const upstream::Counters& upstream);
boost::json::object to_json(const Error& error);

/// The items of a warm request's JSON body. Fails with BadInput, naming the field.
Result<std::vector<prefetch::WarmItem>> parse_warm_request(std::string_view text);

}  // namespace stagecache::admin
