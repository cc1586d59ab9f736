#pragma once
// The programs that belong to this one.
#include <string>

namespace engine {

// compose once more, dynamically linked (compose/cli/lean.h).
inline constexpr char kFullProgram[] = "compose-full", kFullVariable[] = "COMPOSE_FULL";

// The path of the program `name`: what the environment's `variable` says where it is set, else beside the
// running executable.
std::string installed_program(const char* name, const char* variable);

// The path of `compose`, which the running executable is, or lies beside.
std::string own_program();

}  // namespace engine
