#include "engine/container/installed_program.h"

#include <cstdlib>
#include <filesystem>

namespace engine {

std::string installed_program(const char* name, const char* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets variables
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

}  // namespace engine
