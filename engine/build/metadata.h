#pragma once
// Instructions that change the image's configuration and nothing else.
#include <string>

#include "engine/build/dockerfile.h"
#include "engine/build/expand.h"
#include "engine/build/stage_state.h"

namespace engine::build {

struct MetadataContext {
  const Place& place;
  const Expander& expand;
  BuildArgs& build_args;
  const std::map<std::string, std::string>& global_args;
};

// Applies the instruction to state.config and state.args. Returns it as the history shows it, or "" when the
// instruction is none of these (RUN, COPY, ADD, WORKDIR). Throws engine::Error(kInvalid) with the place.
std::string apply_metadata(const Instruction& instruction, StageState& state, const MetadataContext& context);

}  // namespace engine::build
