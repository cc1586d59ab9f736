#pragma once
// How a command ends early.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "compose/cli/description.h"

namespace compose::cli {

// The command line is not understood: exit code 1, with the way to the help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The command cannot be done as asked: one clear line, exit code 1 unless another is given.
class CommandError : public std::runtime_error {
 public:
  explicit CommandError(const std::string& message, int exit_code = 1)
      : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

// Two flags that exclude each other. Throws CommandError when `both` were given.
inline void refuse_together(bool both, const std::string& one, const std::string& other) {
  if (both) throw CommandError(one + " and " + other + " cannot be used together");
}

// --help was given: what() is the text for standard output, exit code 0.
class HelpWanted : public std::runtime_error {
 public:
  explicit HelpWanted(Description description)
      : std::runtime_error(help_text(description)),
        description_(std::make_shared<const Description>(std::move(description))) {}
  const Description& description() const noexcept { return *description_; }

 private:
  std::shared_ptr<const Description> description_;
};

}  // namespace compose::cli
