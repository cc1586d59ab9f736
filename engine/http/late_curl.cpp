// libcurl brings two dozen libraries along: it is loaded by the commands that speak to registries only.
#include <curl/curl.h>

#include <cstdarg>

#include "sys/late_library.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace {
constexpr sys::LateLibrary kCurl("libcurl.so.4");
}  // namespace

SYS_LATE_FUNCTION(kCurl, CURLcode, curl_global_init, (long flags), (flags))
SYS_LATE_FUNCTION(kCurl, CURL*, curl_easy_init, (), ())
SYS_LATE_FUNCTION(kCurl, void, curl_easy_cleanup, (CURL * handle), (handle))
SYS_LATE_FUNCTION(kCurl, void, curl_easy_reset, (CURL * handle), (handle))
SYS_LATE_FUNCTION(kCurl, CURLcode, curl_easy_perform, (CURL * handle), (handle))
SYS_LATE_FUNCTION(kCurl, const char*, curl_easy_strerror, (CURLcode code), (code))
SYS_LATE_FUNCTION(kCurl, curl_slist*, curl_slist_append, (curl_slist * list, const char* text), (list, text))
SYS_LATE_FUNCTION(kCurl, void, curl_slist_free_all, (curl_slist * list), (list))
SYS_LATE_FUNCTION(kCurl, CURLU*, curl_url, (), ())
SYS_LATE_FUNCTION(kCurl, void, curl_url_cleanup, (CURLU * handle), (handle))
SYS_LATE_FUNCTION(kCurl, CURLUcode, curl_url_get,
                  (CURLU * handle, CURLUPart what, char** part, unsigned int flags),
                  (handle, what, part, flags))
SYS_LATE_FUNCTION(kCurl, CURLUcode, curl_url_set,
                  (CURLU * handle, CURLUPart what, const char* part, unsigned int flags),
                  (handle, what, part, flags))
SYS_LATE_FUNCTION(kCurl, void, curl_free, (void* pointer), (pointer))

// The header's signature is what it is: an enum before the dots, which gcc and clang pass as they should.
#pragma GCC diagnostic ignored "-Wvarargs"

// The type of the one argument follows from the option's number (curl.h, CURLOPTTYPE_*).
extern "C" CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  static const auto kFunction = reinterpret_cast<decltype(&curl_easy_setopt)>(kCurl.find("curl_easy_setopt"));
  va_list arguments;
  va_start(arguments, option);
  static_assert(sizeof(long) == sizeof(curl_off_t));
  const bool number =
      option < CURLOPTTYPE_OBJECTPOINT || (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB);
  CURLcode result = CURLE_OK;
  if (number) {
    const curl_off_t value = va_arg(arguments, curl_off_t);
    result = kFunction(handle, option, value);
  } else {
    void* const pointer = va_arg(arguments, void*);
    result = kFunction(handle, option, pointer);
  }
  va_end(arguments);
  return result;
}
