#include "engine/container/installed_program.h"

#include <cstdlib>
#include <filesystem>

namespace engine {
namespace {

std::filesystem::path running_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

}  // namespace

std::string installed_program(const char* name, const char* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets variables
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
  return (running_program().parent_path() / name).string();
}

std::string own_program() {
  const std::filesystem::path running = running_program();
  return (running.filename() == kFullProgram ? running.parent_path() / "compose" : running).string();
}

}  // namespace engine
