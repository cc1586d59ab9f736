#include "sys/error.h"

#include <cerrno>
#include <cstring>

namespace sys {

namespace {
std::string describe(int error_number, std::string_view call, std::string_view object) {
  std::string text(call);
  if (!object.empty()) {
    text += ' ';
    text += object;
  }
  text += ": ";
  text += std::strerror(error_number);  // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
  return text;
}
}  // namespace

Error::Error(int error_number, std::string_view call, std::string_view object)
    : std::runtime_error(describe(error_number, call, object)),
      code_(error_number),
      call_(call),
      object_(object) {}

void fail(std::string_view call, std::string_view object) {
  throw Error(errno, call, object);
}

}  // namespace sys
