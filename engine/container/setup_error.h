#pragma once
// Why a container or a program in it could not be started, as it travels from the new process through the
// report socket to the caller.
#include <stdexcept>
#include <string>

namespace engine {

// Docker's exit codes for a start that failed.
constexpr int kExitSetupFailed = 125;
constexpr int kExitNotExecutable = 126;
constexpr int kExitNotFound = 127;

class SetupError : public std::runtime_error {
 public:
  // `step` names what was being done ("mount /data", "look up user"); it becomes part of what().
  SetupError(const std::string& step, const std::string& cause, int exit_code = kExitSetupFailed)
      : std::runtime_error(step.empty() ? cause : step + ": " + cause), exit_code_(exit_code) {}
  int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

// Runs `work`; whatever it throws is rethrown as SetupError with the step's name in front.
template <typename Work>
auto in_step(const std::string& step, Work work) {
  try {
    return work();
  } catch (const SetupError&) {
    throw;
  } catch (const std::exception& error) {
    throw SetupError(step, error.what());
  }
}

}  // namespace engine
