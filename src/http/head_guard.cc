#include "http/head_guard.h"

namespace stagecache::http {

std::optional<HeadGuard::Fault> HeadGuard::look(std::string_view bytes) {
  for (const char c : bytes) {
    if (done_) return std::nullopt;
    if (auto fault = look(c)) return fault;
  }
  return std::nullopt;
}

std::optional<HeadGuard::Fault> HeadGuard::look(char c) {
  if (++seen_ > limit_) return Fault::TooLong;
  if (after_cr_ != (c == '\n')) return Fault::LoneLineEnd;
  if (c == '\n') {
    done_ = line_ == 0 && !first_line_;
    after_cr_ = first_line_ = false;
    line_ = 0;
    return std::nullopt;
  }
  if (c == '\r') {
    after_cr_ = true;
    return std::nullopt;
  }
  const auto octet = static_cast<unsigned char>(c);
  if ((octet < 0x20 && c != '\t') || octet == 0x7f) return Fault::Control;
  if (line_++ == 0 && !first_line_ && (c == ' ' || c == '\t')) return Fault::Folded;
  return std::nullopt;
}

}  // namespace stagecache::http
