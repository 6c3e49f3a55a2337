#include "stagecache/model/artifact.h"

namespace stagecache {

std::string_view to_string(DigestStrength strength) {
  switch (strength) {
    case DigestStrength::FirstSeen: return "first seen";
    case DigestStrength::Published: return "published";
    case DigestStrength::Declared: return "declared";
  }
  return "first seen";
}

std::string Source::strength_text() const {
  std::string text(to_string(strength));
  if (strength == DigestStrength::Published && !published.empty()) text += " " + published;
  return text;
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Note: return "note";
    case Severity::Warning: return "warning";
    case Severity::Error: return "error";
  }
  return "error";
}

bool Validators::strong() const {
  return etag.starts_with('"') || (etag.empty() && !last_modified.empty());
}

}  // namespace stagecache
