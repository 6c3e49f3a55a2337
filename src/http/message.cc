#include "stagecache/http/message.h"

#include <utility>

namespace stagecache::http {

Response text_response(int status, std::string text) {
  text += '\n';
  return {.status = status,
          .reason = "",
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::move(text),
          .close = false};
}

}  // namespace stagecache::http
