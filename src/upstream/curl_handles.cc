#include "upstream/curl_handles.h"

#include <mutex>

#include "stagecache/base/check.h"

namespace stagecache::upstream {

EasyHandle make_easy_handle() {
  static std::once_flag once;
  std::call_once(once, [] { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });

  EasyHandle easy(curl_easy_init());
  CHECK(easy != nullptr);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy.get(), CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, "stagecache/0.1");
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");  // Empty, not unset: no http_proxy either.
  curl_easy_setopt(easy.get(), CURLOPT_NOPROXY, "");
  return easy;
}

void append_header(HeaderList& list, const std::string& name, const std::string& value) {
  const std::string line = value.empty() ? name + ";" : name + ": " + value;
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  CHECK(longer != nullptr);
  list.release();  // It is the head of `longer`, or was null.
  list.reset(longer);
}

}  // namespace stagecache::upstream
