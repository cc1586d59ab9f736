#pragma once
// The load balancer that comes with this program, in the place of one that is not to be had any more.
#include "compose/cli/context.h"

namespace compose::cli {

// Services of the image dockercloud/haproxy, when that is not in the store, get compose/lb instead, which
// takes the same settings and needs no Docker socket; a line says so. Not with --no-bundled-lb or
// COMPOSE_NO_BUNDLED_LB, nor where the project builds an image of that name.
void use_bundled_images(Context& context, parser::Project& project);
// Loads the project and does that.
parser::Project load_bundled(Context& context, const std::vector<std::string>& selected);

}  // namespace compose::cli
