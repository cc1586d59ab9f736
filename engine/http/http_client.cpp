#include "engine/http/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>

#include "engine/image/entry_path.h"
#include "engine/letter_case.h"

namespace engine {

namespace {

constexpr int kRedirects = 10;
constexpr size_t kHeaderBytes = 256 << 10;  // of one answer
constexpr size_t kRefusalBytes = 64 << 10;
constexpr char kUserAgent[] = "compose/0.1 (linux)";
constexpr long kBuffer = 512L << 10;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void append(HeaderList& list, const std::string& line) {
  // A line end in a header would begin another.
  if (line.find_first_of(std::string("\r\n\0", 3)) != std::string::npos)
    throw Error(Error::Kind::kInvalid, "HTTP header " + quoted(line) + ": it holds a line end");
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw Error(Error::Kind::kInternal, "HTTP: out of memory");
  static_cast<void>(list.release());
  list.reset(longer);
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return std::string(text);
}

bool is_redirect(const HttpResponse& response) {
  const int status = response.status;
  return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
         !response.header("location").empty();
}

// Whether what failed may go well the next time: not so for a name or a certificate that is wrong.
bool is_transient(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return false;
    default:
      return true;
  }
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

// One request on one handle. The callbacks are C's: nothing may be thrown through them.
struct HttpClient::Exchange {
  const HttpRequest& request;
  const Url& url;
  Cancellation& cancellation;
  HttpResponse response;
  TlsFiles tls;
  HeaderList headers{};
  std::exception_ptr failure{};
  size_t header_bytes = 0, body_at = 0;
  bool begun = false, enough = false;
  char reason[CURL_ERROR_SIZE] = {};

  template <typename Body>
  bool guarded(const Body& body) {
    try {
      body();
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }

  void header_line(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kHeaderBytes)
      throw Error(Error::Kind::kInvalid, url.text + ": the answer's headers are longer than 256 KiB");
    if (line.substr(0, 5) == "HTTP/") {  // after a 100 or a proxy's answer another one begins
      response.headers.clear();
      response.challenges.clear();
      const size_t space = line.find(' ');
      response.status =
          space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space + 1)).c_str());
      return;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lower_case(std::string(line.substr(0, colon)));
    std::string value = trimmed(line.substr(colon + 1));
    if (name == "www-authenticate") response.challenges.push_back(value);
    response.headers[name] = std::move(value);
  }

  // False: no more is wanted. A refusal's or redirect's status says all, however long its page is.
  bool take_body(const char* data, size_t size) {
    if (!response.ok()) {
      response.body.append(data, std::min(size, kRefusalBytes - response.body.size()));
      enough = response.body.size() == kRefusalBytes;
      return !enough;
    }
    if (request.sink) {
      begin();
      request.sink(data, size);
      return true;
    }
    if (static_cast<int64_t>(response.body.size() + size) > request.body_limit)
      throw Error(Error::Kind::kInvalid,
                  url.text + ": the answer is longer than " + std::to_string(request.body_limit) + " bytes");
    response.body.append(data, size);
    return true;
  }

  void begin() {
    if (begun || !response.ok()) return;
    begun = true;
    if (request.begun) request.begun(response);
  }

  size_t give_body(char* buffer, size_t size) {
    if (request.read) return request.read(buffer, size);
    const size_t n = std::min(size, request.body->size() - body_at);
    std::copy_n(request.body->data() + body_at, n, buffer);
    body_at += n;
    return n;
  }

  static size_t on_header(char* data, size_t size, size_t count, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    const bool good = exchange->guarded([&] { exchange->header_line({data, size * count}); });
    return good ? size * count : 0;
  }
  static size_t on_body(char* data, size_t size, size_t count, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    bool more = false;
    const bool good = exchange->guarded([&] { more = exchange->take_body(data, size * count); });
    return good && more ? size * count : size * count + 1;
  }
  static size_t on_read(char* buffer, size_t size, size_t count, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    size_t n = 0;
    const bool good = exchange->guarded([&] { n = exchange->give_body(buffer, size * count); });
    return good ? n : CURL_READFUNC_ABORT;
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(self)->cancellation.stopped() ? 1 : 0;
  }
};

HttpClient::HttpClient(const HttpTimeouts& timeouts, Cancellation& cancellation,
                       std::vector<std::string> certificate_folders)
    : timeouts_(timeouts), cancellation_(cancellation), certificate_folders_(std::move(certificate_folders)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

HttpClient::~HttpClient() {
  for (CURL* handle : idle_) curl_easy_cleanup(handle);
}

CURL* HttpClient::take_handle() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.empty()) {
    CURL* handle = curl_easy_init();
    if (handle == nullptr) throw Error(Error::Kind::kInternal, "libcurl cannot be set up: out of memory");
    return handle;
  }
  CURL* handle = idle_.back();
  idle_.pop_back();
  return handle;
}

void HttpClient::give_back(CURL* handle) {
  curl_easy_reset(handle);  // connections stay
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(handle);
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  const Url first = parse_url(request.url, "HTTP request");
  Url url = first;
  for (int hops = 0; hops <= kRedirects; ++hops) {
    HttpResponse response = send_once(request, url, url.origin() == first.origin());
    if (!is_redirect(response)) return response;
    const bool repeats = request.method == "GET" || request.method == "HEAD";
    if (!repeats && (response.status < 307 || request.read))
      throw Error(Error::Kind::kInvalid, url.text + ": the answer to " + request.method +
                                             " is a redirect, which cannot be followed");
    Url next = resolve_url(url, response.header("location"), "redirect from " + url.origin());
    if (url.scheme == "https" && next.scheme == "http" && !request.plain_allowed)
      throw Error(Error::Kind::kInvalid,
                  url.origin() + " redirects to " + next.origin() +
                      ", which is not encrypted: refused. A registry that may do so is "
                      "to be listed as insecure");
    if (request.secret_body && next.origin() != first.origin())
      throw Error(Error::Kind::kDenied,
                  url.origin() + " redirects to " + next.origin() + ": refused, as what is sent is secret");
    url = std::move(next);
  }
  throw Error(Error::Kind::kInvalid,
              first.text + ": redirected more than " + std::to_string(kRedirects) + " times");
}

HttpResponse HttpClient::send_once(const HttpRequest& request, const Url& url, bool same_origin) {
  cancellation_.check("the transfer from " + url.origin());
  Exchange exchange{request, url, cancellation_, {}, {}};
  exchange.response.url = url;
  for (const std::string& line : request.headers) append(exchange.headers, line);
  if (same_origin && !request.authorization.empty())
    append(exchange.headers, "Authorization: " + request.authorization);
  append(exchange.headers, "Expect:");  // or curl waits a second for a 100 that few servers send
  CURL* handle = take_handle();
  const std::unique_ptr<CURL, std::function<void(CURL*)>> lease(handle, [this](CURL* h) { give_back(h); });
  set_up(handle, exchange);
  const CURLcode code = curl_easy_perform(handle);
  if (exchange.failure) std::rethrow_exception(exchange.failure);
  cancellation_.check("the transfer from " + url.origin());
  if (code != CURLE_OK && !exchange.enough) {
    const std::string why = exchange.reason[0] != '\0' ? exchange.reason : curl_easy_strerror(code);
    throw HttpFailure(url.origin() + ": " + why, is_transient(code));
  }
  exchange.begin();  // a body without bytes
  return std::move(exchange.response);
}

void HttpClient::set_up(CURL* handle, Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  curl_easy_setopt(handle, CURLOPT_URL, exchange.url.text.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, exchange.headers.get());
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, exchange.reason);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeouts_.connect_timeout_ms));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(timeouts_.stall_timeout_s));
  if (!request.sink && !request.read)
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeouts_.document_timeout_s * 1000));
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, kBuffer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &exchange);
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (request.read || request.body) {
    set_up_body(handle, exchange);
  } else {
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  if (exchange.url.scheme == "https") set_up_tls(handle, exchange);
  // As Docker: never for this machine itself; curl leaves HTTP_PROXY in capitals to web servers' scripts.
  if (is_loopback(host_of(exchange.url.host))) {
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
  } else if (exchange.url.scheme == "http" && environment("http_proxy") == nullptr) {
    if (const char* proxy = environment("HTTP_PROXY")) curl_easy_setopt(handle, CURLOPT_PROXY, proxy);
  }
}

void HttpClient::set_up_body(CURL* handle, Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  const int64_t size = request.body ? static_cast<int64_t>(request.body->size()) : request.body_size;
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Exchange::on_read);
  curl_easy_setopt(handle, CURLOPT_READDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, kBuffer);
  curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
}

void HttpClient::set_up_tls(CURL* handle, Exchange& exchange) {
  if (!exchange.request.verify) {
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const Url& url = exchange.url;
  exchange.tls = tls_files(certificate_folders_, url.host + ':' + url.port);
  if (exchange.tls.authorities.empty() && exchange.tls.certificate.empty() && url.port == "443")
    exchange.tls = tls_files(certificate_folders_, url.host);
  const TlsFiles& tls = exchange.tls;
  if (!tls.authorities.empty()) {
    // The system's authorities are still found, through the folder that is libcurl's default beside the file.
    curl_blob blob{const_cast<char*>(tls.authorities.data()), tls.authorities.size(), CURL_BLOB_COPY};
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!tls.certificate.empty()) {
    curl_easy_setopt(handle, CURLOPT_SSLCERT, tls.certificate.c_str());
    curl_easy_setopt(handle, CURLOPT_SSLKEY, tls.key.c_str());
  }
}

}  // namespace engine
