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

// What becomes of a container that is made.
enum class Use {
  kWait,       // it may be started by another command, long after
  kStart,      // started by this one
  kForeground  // and waited for: the engine's upkeep (Engine::reconcile) can be done meanwhile, by the caller
};

// Does the engine's upkeep, fetches the image where that is needed, makes the volumes that are named and not
// there, and the container under its name or a random one; writes the cidfile. Nothing is started. Throws as
// the flags and the engine do; CommandError for a network, link or file that cannot be.
engine::ContainerInfo make_container(Context& context, CreateFlags& flags,
                                     const std::vector<std::string>& words, Use use,
                                     const Cancellation& cancellation);

// Runs a command as docker's `run` and `create` end: whatever fails before the container's program has begun
// is told, and gives exit code 125.
int as_docker_run(Context& context, const std::string& command, const std::function<int()>& body);

}  // namespace compose::cli
