#include "stagecache/pack/workshop.h"

#include "desks.h"
#include "stream_cache.h"

namespace stagecache::pack {

Workshop::Workshop(Limits limits)
    : slices_(std::make_unique<StreamCache>(limits.slice_bytes)),
      desks_(std::make_unique<Desks>(limits.idle_desks)) {}

Workshop::~Workshop() = default;

std::size_t Workshop::slice_bytes() const {
  return slices_->bytes();
}

std::size_t Workshop::idle_desks() const {
  return desks_->idle();
}

}  // namespace stagecache::pack
