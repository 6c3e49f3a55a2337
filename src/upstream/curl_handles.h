#pragma once
// libcurl's handles as values that clean up, and its one-time set-up.

#include <curl/curl.h>

#include <memory>
#include <string>

namespace stagecache::upstream {

struct FreeCurl {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, FreeCurl>;
using HeaderList = std::unique_ptr<curl_slist, FreeCurl>;

/// A new easy handle; the first call of the process sets libcurl up.
/// The options that every request of ours has are set: no signals, http and https
/// only, HTTP/1.1 (it tells a cut body from a whole one), no environment proxy.
EasyHandle make_easy_handle();

/// Appends "Name: value" ("Name;" for an empty value, as curl wants it).
void append_header(HeaderList& list, const std::string& name, const std::string& value);

}  // namespace stagecache::upstream
