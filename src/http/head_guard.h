#pragma once
//
// HeadGuard looks at the raw bytes of a request's head before Beast parses them. It
// refuses what Beast lets through and two readers could understand differently: a line
// that is folded into the next, a CR or LF on its own, control characters. And it
// counts: Beast's own limit is on what is buffered, which a client that ends its
// packets one byte behind a field never reaches.
// Pure; each byte is looked at once.

#include <cstddef>
#include <optional>
#include <string_view>

namespace stagecache::http {

class HeadGuard {
 public:
  enum class Fault {
    TooLong,      ///< Request line and fields pass the limit.
    Folded,       ///< A field goes on in the next line (RFC 9112 5.2: reject).
    LoneLineEnd,  ///< CR without LF or LF without CR (RFC 9112 2.2).
    Control,      ///< NUL and the like (RFC 9110 5.5).
  };

  /// `limit` is in bytes, the empty line at the end included.
  explicit HeadGuard(std::size_t limit) : limit_(limit) {}

  /// The bytes that follow those of the last call. What comes behind the head is not
  /// looked at. After a fault: not to be called again.
  std::optional<Fault> look(std::string_view bytes);

  /// True when the empty line has come.
  bool done() const { return done_; }

 private:
  std::optional<Fault> look(char c);

  const std::size_t limit_;
  std::size_t seen_ = 0;
  std::size_t line_ = 0;  // Bytes of the line so far, its CR left out.
  bool first_line_ = true;
  bool after_cr_ = false;
  bool done_ = false;
};

}  // namespace stagecache::http
