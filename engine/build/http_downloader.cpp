#include "engine/build/http_downloader.h"

#include <poll.h>

#include "engine/error.h"
#include "engine/http/base64.h"
#include "engine/http/http_client.h"
#include "engine/http/http_date.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine::build {
namespace {

constexpr int kNotModified = 304;

bool is_readable(int fd) {
  pollfd cancel{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&cancel, 1, 0) > 0;
}

// Takes "user:password@" out of the URL; returns the value of an Authorization header, "" for none.
std::string take_user(std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const size_t start = scheme + 3;
  const size_t at = url.substr(0, url.find_first_of("/?#", start)).rfind('@');
  if (at == std::string::npos || at < start) return {};
  const std::string user = url.substr(start, at - start);
  url.erase(start, at + 1 - start);
  const size_t colon = std::min(user.find(':'), user.size());
  return basic_authorization(percent_decoded(user.substr(0, colon)),
                             percent_decoded(user.substr(std::min(colon + 1, user.size()))));
}

HttpRequest request_for(const std::string& url, const Validators& known, int to) {
  HttpRequest request;
  request.url = url;
  request.plain_allowed = true;  // as Docker; who minds gives a --checksum
  if (!known.etag.empty()) request.headers.push_back("If-None-Match: " + known.etag);
  if (!known.last_modified.empty()) request.headers.push_back("If-Modified-Since: " + known.last_modified);
  request.sink = [to](const char* data, size_t size) { sys::write_all(to, data, size); };
  return request;
}

Downloaded download(HttpClient& http, const HttpRequest& request, bool known) {
  const HttpResponse response = http.send(request);
  Downloaded out;
  out.unchanged = known && response.status == kNotModified;
  if (!response.ok() && !out.unchanged)
    throw Error(Error::Kind::kUnavailable, "the server answered " + std::to_string(response.status));
  out.validators = {response.header("etag"), response.header("last-modified")};
  out.modified = parse_http_date(out.validators.last_modified);
  return out;
}

}  // namespace

Downloaded HttpDownloader::fetch(const std::string& url, const Validators& known, int to, int cancel_fd) {
  std::string address = url;
  const std::string authorization = take_user(address);
  const auto fail = [&](const std::string& why) {
    throw Error(Error::Kind::kUnavailable, "cannot download " + address + ": " + why);
  };
  Cancellation cancellation([cancel_fd] { return is_readable(cancel_fd); });
  const HttpTimeouts timeouts;
  HttpClient http(timeouts, cancellation, {});
  HttpRequest request = request_for(address, known, to);
  request.authorization = authorization;
  try {
    return download(http, request, known.any());
  } catch (const Error& error) {
    fail(cancellation.stopped() ? "the build was cancelled" : error.what());
  } catch (const sys::Error& error) {
    fail(error.what());
  }
  return {};
}

}  // namespace engine::build
