#pragma once
// A container of flags, made: what `container run` and `container create` share.
#include <functional>
#include <string>
#include <vector>

#include "compose/cli/container/create_flags.h"
#include "compose/cli/context.h"
#include "compose/cli/signals.h"
#include "engine/model.h"

namespace compose::cli {

// Fetches the image where that is needed, makes the volumes that are named and not there, and the container
// under its name or a random one; writes the cidfile. `waits`: it may be started by another command, long
// after. Nothing is started. Throws as the flags and the engine do; CommandError for a network, link or file
// that cannot be.
engine::ContainerInfo make_container(Context& context, CreateFlags& flags,
                                     const std::vector<std::string>& words, bool waits,
                                     const Cancellation& cancellation);

// Runs a command as docker's `run` and `create` end: whatever fails before the container's program has begun
// is told, and gives exit code 125.
int as_docker_run(Context& context, const std::string& command, const std::function<int()>& body);

}  // namespace compose::cli
