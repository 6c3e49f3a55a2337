#include "http/response_head.h"

#include <algorithm>

#include "http/status.h"

namespace stagecache::http {
namespace {

constexpr std::size_t kUsualHeadBytes = 768;  // One allocation for what mirror URLs answer with.

/// Appends `text` with every control character turned into a blank, so that a
/// CR or LF in an upstream's value cannot start a field of its own.
void append_safe(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out += text;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_safe(out, name);
  out += ": ";
  append_safe(out, value);
  out += "\r\n";
}

bool may_have_length(int status) {
  return status >= 200 && status != 204;
}

void append_framing(std::string& out, int status, const HeadPlan& plan) {
  if (!may_have_length(status)) return;
  if (plan.framing == Framing::Length)
    append_field(out, "Content-Length", std::to_string(plan.length));
  if (plan.framing == Framing::Chunked && status != 304)
    append_field(out, "Transfer-Encoding", "chunked");
}

void append_persistence(std::string& out, const HeadPlan& plan) {
  if (plan.persistence == Persistence::Close) append_field(out, "Connection", "close");
  else if (plan.version < 11) append_field(out, "Connection", "keep-alive");
}

}  // namespace

std::string response_head(const Response& response, const HeadPlan& plan) {
  std::string out;
  out.reserve(kUsualHeadBytes);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  append_safe(out, response.reason.empty() ? reason_phrase(response.status)
                                           : std::string_view(response.reason));
  out += "\r\n";
  append_field(out, "Date", plan.date);
  append_field(out, "Server", "stagecache");
  append_framing(out, response.status, plan);
  append_persistence(out, plan);
  for (const Header& header : response.headers) append_field(out, header.name, header.value);
  out += "\r\n";
  return out;
}

}  // namespace stagecache::http
