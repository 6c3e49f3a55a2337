#pragma once
// A form while it is written: the content, and what is kept from eviction meanwhile.

#include <map>
#include <vector>

#include "content_writer.h"
#include "stagecache/store/form_writer.h"
#include "store_parts.h"

namespace stagecache::store {

/// Keeps artifacts from eviction as long as it lives.
class Keep {
 public:
  Keep(StoreParts& parts, std::vector<Sha256> artifacts)
      : parts_(parts), artifacts_(std::move(artifacts)) {
    parts_.keep_from_eviction(artifacts_);
  }
  ~Keep() { parts_.unkeep(artifacts_); }
  Keep(const Keep&) = delete;
  Keep& operator=(const Keep&) = delete;

 private:
  StoreParts& parts_;
  const std::vector<Sha256> artifacts_;
};

struct FormWriter::State {
  StoreParts& parts;
  const std::unique_ptr<Keep> keep;
  const Artifact artifact;  // As it was at the beginning.
  const Form form;
  const std::map<Sha256, ContentId> keyframes;  // Among those to keep, at the beginning.
  std::unique_ptr<ContentWriter> writer;
  bool sealed = false;
  bool committed = false;
};

}  // namespace stagecache::store
