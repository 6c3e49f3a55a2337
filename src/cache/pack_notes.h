#pragma once
//
// What the packer has found out about artifacts, kept over restarts as blobs of the store:
// their sketches (`sketch/<hex>`), and with what packing was tried in vain
// (`unpackable/<hex>`). Both go when the artifact is gone.
//
// Thread safety: one thread.

#include <map>
#include <set>
#include <vector>

#include "pack_policy.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

class PackNotes {
 public:
  explicit PackNotes(store::Store& store) : store_(store) {}

  /// At the daemon's start. What cannot be read is made again.
  void load();
  /// All that are stored, the oldest first, as they are now. Pointers into it are good
  /// until the next note.
  std::vector<Packable> survey(WallTime now);

  void note_sketch(const Sha256& sha256, pack::Sketch sketch);
  /// Not to be tried again with this base; with itself: not as a keyframe.
  void note_tried(const Sha256& sha256, const Sha256& base);
  void note_never(const Sha256& sha256);

 private:
  struct Tried {
    bool never = false;
    std::set<Sha256> bases;
  };
  void write_tried(const Sha256& sha256);
  void forget_gone(const std::vector<store::ArtifactInfo>& stored);
  void put(const std::string& key, const std::string& value);

  store::Store& store_;
  std::map<Sha256, pack::Sketch> sketches_;
  std::map<Sha256, Tried> tried_;
  std::set<Sha256> here_at_start_;  ///< No archive look comes any more that has not been.
};

}  // namespace stagecache::cache
