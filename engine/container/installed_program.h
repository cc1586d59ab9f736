#pragma once
// The programs that belong to this one.
#include <string>

namespace engine {

// The path of the program `name`: what the environment's `variable` says where it is set, else beside the
// running executable.
std::string installed_program(const char* name, const char* variable);

}  // namespace engine
