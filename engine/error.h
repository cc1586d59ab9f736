#pragma once
#include <stdexcept>
#include <string>

namespace engine {

// An operation the engine could not do. The message says what failed, on which named thing, why, and what the
// user can do about it.
class Error : public std::runtime_error {
 public:
  enum class Kind { kNotFound, kConflict, kInvalid, kDenied, kUnavailable, kInternal };
  Error(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

}  // namespace engine
