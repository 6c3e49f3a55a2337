#include "upstream/wording.h"

#include <string_view>

#include "stagecache/model/shown.h"

namespace stagecache::upstream {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 410: return "Gone";
    case 416: return "Range Not Satisfiable";
    case 429: return "Too Many Requests";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "";
  }
}

}  // namespace

std::string printable(const Url& url) {
  return shown(url);
}

std::string status_text(int status) {
  std::string text = std::to_string(status);
  if (!reason(status).empty()) text.append(" ").append(reason(status));
  return text;
}

}  // namespace stagecache::upstream
