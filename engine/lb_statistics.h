#pragma once
// What a running load balancer says of itself.
#include <string>

#include "engine/model.h"
#include "engine/paths.h"

namespace engine {

// True for a running container of compose/lb, or of an image made from it.
bool is_load_balancer(const Paths& paths, const ContainerInfo& container);

// The JSON of its statistics page (netmgr/lb/statistics.h), asked for from within its network. Throws
// Error(kUnavailable) when it keeps none, or does not answer within three seconds, sys::Error.
std::string load_balancer_statistics(const Paths& paths, const ContainerInfo& container);

}  // namespace engine
