#include "engine/build/curl_downloader.h"

#define CURL_DISABLE_TYPECHECK  // its macros would stand in the way of the pointers below
#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <memory>
#include <new>
#include <string_view>

#include "engine/error.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/late_library.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace engine::build {
namespace {

constexpr long kMaxRedirections = 10;
constexpr long kConnectSeconds = 30;
constexpr long kStallSeconds = 60;  // without a byte
constexpr long kNotModified = 304;

constexpr sys::LateLibrary kLibrary("libcurl.so.4");

// The functions of libcurl that are used, found once. Pointers, as setopt and getinfo take any arguments.
struct Curl {
  template <typename Function>
  static void find(Function*& pointer, const char* name) {
    pointer = reinterpret_cast<Function*>(kLibrary.find(name));
  }
  Curl() {
    find(global_init, "curl_global_init");
    find(init, "curl_easy_init");
    find(cleanup, "curl_easy_cleanup");
    find(setopt, "curl_easy_setopt");
    find(perform, "curl_easy_perform");
    find(getinfo, "curl_easy_getinfo");
    find(append, "curl_slist_append");
    find(free_list, "curl_slist_free_all");
    global_init(CURL_GLOBAL_DEFAULT);
  }
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) init = nullptr;
  decltype(&curl_easy_cleanup) cleanup = nullptr;
  decltype(&curl_easy_setopt) setopt = nullptr;
  decltype(&curl_easy_perform) perform = nullptr;
  decltype(&curl_easy_getinfo) getinfo = nullptr;
  decltype(&curl_slist_append) append = nullptr;
  decltype(&curl_slist_free_all) free_list = nullptr;
};

const Curl& curl() {
  static const Curl kCurl;
  return kCurl;
}

struct EndEasy {
  void operator()(CURL* handle) const { curl().cleanup(handle); }
};
struct EndList {
  void operator()(curl_slist* list) const { curl().free_list(list); }
};

std::string trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return "";
  return std::string(text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1));
}

// One request on its way. The callbacks are called by libcurl, through which no exception may pass.
class Transfer {
 public:
  Transfer(const std::string& url, int to, int cancel_fd) : url_(url), to_(to), cancel_fd_(cancel_fd) {
    if (!handle_) throw Error(Error::Kind::kInternal, "libcurl cannot be initialised");
  }

  Downloaded run(const Validators& known) {
    prepare(known);
    const CURLcode code = curl().perform(handle_.get());
    if (failure_) std::rethrow_exception(failure_);
    long status = 0;
    curl().getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) fail(code, status);
    Downloaded out;
    out.unchanged = known.any() && status == kNotModified;
    out.validators = std::move(validators_);
    curl_off_t time = -1;
    curl().getinfo(handle_.get(), CURLINFO_FILETIME_T, &time);
    if (time >= 0) out.modified = time;
    return out;
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl().setopt(handle_.get(), option, value) != CURLE_OK) {
      throw Error(Error::Kind::kInternal, "libcurl does not take option " + std::to_string(option));
    }
  }
  void header(const std::string& line) {
    curl_slist* longer = curl().append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)headers_.release();
    headers_.reset(longer);
  }

  void prepare(const Validators& known) {
    set(CURLOPT_URL, url_.c_str());
    // Nothing but the web, wherever a redirection leads: file:// would be the machine's own files.
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirections);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_FILETIME, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "compose");
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    set(CURLOPT_ERRORBUFFER, message_);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    if (!known.etag.empty()) header("If-None-Match: " + known.etag);
    if (!known.last_modified.empty()) header("If-Modified-Since: " + known.last_modified);
    if (headers_) set(CURLOPT_HTTPHEADER, headers_.get());
  }

  [[noreturn]] void fail(CURLcode code, long status) const {
    std::string why = message_;
    if (code == CURLE_ABORTED_BY_CALLBACK) why = "the build was cancelled";
    if (code == CURLE_HTTP_RETURNED_ERROR) why = "the server answered " + std::to_string(status);
    throw Error(Error::Kind::kUnavailable, "cannot download " + url_ + ": " + why);
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    pollfd cancel{static_cast<Transfer*>(self)->cancel_fd_, POLLIN, 0};
    return cancel.fd >= 0 && ::poll(&cancel, 1, 0) > 0 ? 1 : 0;
  }
  static size_t on_body(char* data, size_t size, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    try {
      sys::write_all(transfer->to_, data, size * count);
      return size * count;
    } catch (...) {
      transfer->failure_ = std::current_exception();
      return 0;
    }
  }
  static size_t on_header(char* data, size_t size, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    try {
      transfer->read_header(std::string_view(data, size * count));
      return size * count;
    } catch (...) {
      transfer->failure_ = std::current_exception();
      return 0;
    }
  }
  void read_header(std::string_view line) {
    if (line.starts_with("HTTP/")) validators_ = {};  // of the next answer after a redirection
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name == "etag") validators_.etag = trimmed(line.substr(colon + 1));
    if (name == "last-modified") validators_.last_modified = trimmed(line.substr(colon + 1));
  }

  const std::string& url_;
  int to_, cancel_fd_;
  std::unique_ptr<CURL, EndEasy> handle_{curl().init()};
  std::unique_ptr<curl_slist, EndList> headers_;
  Validators validators_;
  std::exception_ptr failure_;
  char message_[CURL_ERROR_SIZE] = "";
};

}  // namespace

Downloaded CurlDownloader::fetch(const std::string& url, const Validators& known, int to, int cancel_fd) {
  try {
    return Transfer(url, to, cancel_fd).run(known);
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kUnavailable, "cannot download " + url + ": " + error.what());
  }
}

}  // namespace engine::build
