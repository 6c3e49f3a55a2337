#pragma once
// What is stored, as lines for people. Nothing here prints. Pure.

#include <string>
#include <vector>

#include "cli/store_answers.h"

namespace stagecache::cli {

/// Within 100 columns: long names lose their middle. Below what is stored as a difference
/// stands to what.
std::string artifact_table(const std::vector<ArtifactRow>& rows);

/// "11 artifacts, 2.6 GiB of downloads in 512 MiB", an empty line, and the rest.
std::string stats_text(const Stats& stats);

}  // namespace stagecache::cli
