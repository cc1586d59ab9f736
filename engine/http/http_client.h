#pragma once
// HTTP, over libcurl (man 3 libcurl-easy): connections kept, redirects followed with care, TLS by the
// system's authorities and the server's own (tls_files.h), proxies from http_proxy, https_proxy and no_proxy
// in either case. Servers are strangers: what they send is bounded in size, and in time where it is no long
// transfer.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/http/cancellation.h"
#include "engine/http/tls_files.h"
#include "engine/http/url.h"

typedef void CURL;

namespace engine {

// There was no whole answer: no connection, a broken or stalled one, TLS that failed.
class HttpFailure : public Error {
 public:
  HttpFailure(const std::string& message, bool transient)
      : Error(Kind::kUnavailable, message), transient_(transient) {}
  bool transient() const { return transient_; }  // trying again may help

 private:
  bool transient_;
};

struct HttpTimeouts {
  int64_t connect_timeout_ms = 30'000;
  int64_t stall_timeout_s = 60;      // without a byte
  int64_t document_timeout_s = 300;  // of an exchange that neither sink nor `read` make a long one
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; of several the last
  std::vector<std::string> challenges;         // all WWW-Authenticate
  std::string body;  // when no sink took it; of a refusal (400 and above) the first 64 KiB
  Url url;           // that answered, after redirects

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  bool ok() const { return status >= 200 && status < 300; }
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Accept: application/json"
  // Value of the Authorization header. It goes to the origin of `url` and never, by a redirect, to another.
  std::string authorization;

  // A body: bytes, or `read`, which gives up to `size` bytes, 0 at the end; `body_size` -1 sends it chunked.
  // What `read` throws ends the request and is thrown again.
  std::optional<std::string> body;
  std::function<size_t(char* buffer, size_t size)> read;
  int64_t body_size = -1;

  // Takes the body of an answer with a status 2xx, after `begun` has seen status and headers. What they throw
  // ends the request and is thrown again. Without a sink the body is collected.
  std::function<void(const HttpResponse&)> begun;
  std::function<void(const char* data, size_t size)> sink;
  int64_t body_limit = int64_t{4} << 20;  // of a collected body with a status 2xx: kInvalid when it is longer

  bool plain_allowed = false;  // a redirect from https to http is followed
  bool verify = true;          // TLS: the server must show who it is
  bool secret_body = false;    // a redirect to another origin is refused, as the body would go there
};

// Thread-safe; each request runs on the calling thread, over a connection left by an earlier one if possible.
class HttpClient {
 public:
  // `certificate_folders`: see tls_files.h. The references must live as long as the client.
  HttpClient(const HttpTimeouts& timeouts, Cancellation& cancellation,
             std::vector<std::string> certificate_folders);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is an answer. Throws HttpFailure; engine::Error: kInvalid for an answer that breaks a limit or
  // a rule (redirects without end, to no usable URL, from https to http), kUnavailable when cancelled.
  HttpResponse send(const HttpRequest& request);

 private:
  struct Exchange;
  HttpResponse send_once(const HttpRequest& request, const Url& url, bool same_origin);
  void set_up(CURL* handle, Exchange& exchange);
  void set_up_body(CURL* handle, Exchange& exchange);
  void set_up_tls(CURL* handle, Exchange& exchange);
  CURL* take_handle();
  void give_back(CURL* handle);

  const HttpTimeouts& timeouts_;
  Cancellation& cancellation_;
  std::vector<std::string> certificate_folders_;
  std::mutex mutex_;
  std::vector<CURL*> idle_;
};

}  // namespace engine
