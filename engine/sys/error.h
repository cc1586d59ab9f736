#pragma once
// A failed system call as an exception: what was tried, on which object, and errno.
#include <stdexcept>
#include <string>
#include <string_view>

namespace sys {

class Error : public std::runtime_error {
 public:
  // `call` is the system call or step ("openat2", "mount proc"), `object` the thing it was done to (a path,
  // a name); both appear in what(): "mount proc on /run/x: Operation not permitted".
  Error(int error_number, std::string_view call, std::string_view object);

  int code() const noexcept { return code_; }  // errno value
  const std::string& call() const noexcept { return call_; }
  const std::string& object() const noexcept { return object_; }

 private:
  int code_;
  std::string call_;
  std::string object_;
};

// Throws Error with the present errno.
[[noreturn]] void fail(std::string_view call, std::string_view object = {});

// Returns `result` when it is not negative, else throws Error with the present errno.
template <typename T>
T check(T result, std::string_view call, std::string_view object = {}) {
  if (result < 0) fail(call, object);
  return result;
}

}  // namespace sys
