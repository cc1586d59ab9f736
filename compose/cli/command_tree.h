#pragma once
// What all commands take, asked of the commands themselves.
#include <optional>
#include <vector>

#include "compose/cli/commands.h"
#include "compose/cli/description.h"

namespace compose::cli {

// What precedes every command: the program's own flags, and the commands.
Description describe_program();

// `path`: {"up"}, {"container", "run"}. Nothing for what is no command.
std::optional<Description> describe_command(Context& context, const Words& path);

// The program, then each command and what is below it, in the order of the help. A second name for the same
// command is left out.
std::vector<Description> describe_all(Context& context);

}  // namespace compose::cli
