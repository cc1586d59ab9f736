#include "netmgr/lb/error_page.h"

namespace netmgr::lb {

const char* reason_of(unsigned status) {
  switch (status) {
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

std::string error_page(unsigned status, std::string_view why, bool head_only) {
  const std::string title = std::to_string(status) + " " + reason_of(status);
  std::string body = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>" + title +
                     "</title></head>\n<body><h1>" + title + "</h1>\n<p>";
  for (const char c : why) {
    if (c == '<')
      body += "&lt;";
    else if (c == '&')
      body += "&amp;";
    else
      body += c;
  }
  body += "</p></body></html>\n";
  std::string page = "HTTP/1.1 " + title + "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\nCache-Control: no-cache\r\nConnection: close\r\n";
  if (status == 405) page += "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n";
  page += "\r\n";
  return head_only ? page : page + body;
}

}  // namespace netmgr::lb
