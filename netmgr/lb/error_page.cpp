#include "netmgr/lb/error_page.h"

namespace netmgr::lb {

const char* reason_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 301:
      return "Moved Permanently";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 400:
      return "Bad Request";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

std::string escape_html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

std::string message(unsigned status, std::string_view type, std::string_view extra, std::string_view body,
                    bool keep_alive, bool head_only) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " + reason_of(status) + "\r\nContent-Type: ";
  text.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  text.append("\r\nCache-Control: no-cache\r\n").append(extra);
  if (!keep_alive) text.append("Connection: close\r\n");
  text.append("\r\n");
  if (!head_only) text.append(body);
  return text;
}

std::string error_page(unsigned status, std::string_view why, bool head_only) {
  const std::string title = std::to_string(status) + " " + reason_of(status);
  const std::string body =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>" +
      title +
      "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em;"
      "color-scheme:light dark}</style></head>\n<body><h1>" +
      title + "</h1>\n<p>" + escape_html(why) + "</p></body></html>\n";
  return message(status, "text/html; charset=utf-8",
                 status == 405 ? "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n" : "", body, false,
                 head_only);
}

}  // namespace netmgr::lb
