#pragma once
// What the commands that stand between a terminal and a container's program share.
#include <string>

#include "compose/cli/context.h"
#include "engine/model.h"

namespace compose::cli {

// The bytes that let go of a program at a terminal: as `given` (--detach-keys), else as detachKeys of
// Docker's config.json says, else ctrl-p,ctrl-q. Throws engine::Error(kInvalid) that says where they are
// wrong.
std::string detach_keys(const std::string& given = {});
// Told when they were typed.
void tell_detached();

struct AttachFlags {
  bool no_stdin = false;
  bool sig_proxy = true;  // not with a terminal, whose keys send the signals
  std::string detach_keys;
};

// Until the program ends or the caller lets go of it. Returns the command's exit code, the program's where it
// has one. Throws engine::Error, CommandError.
int attach(Context& context, const engine::ContainerInfo& container, const AttachFlags& flags);

}  // namespace compose::cli
