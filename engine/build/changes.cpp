#include "engine/build/changes.h"

#include "engine/build/dockerfile.h"
#include "engine/build/metadata.h"

namespace engine {

void apply_changes(ImageConfig& config, const std::vector<std::string>& changes) {
  using namespace build;
  StageState state;
  state.config = config;
  const std::map<std::string, std::optional<std::string>> no_build_args;
  BuildArgs build_args(no_build_args);
  const std::map<std::string, std::string> no_args;
  int number = 0;
  for (const std::string& change : changes) {
    const Place place{"--change", ++number};
    std::vector<std::string> warnings;
    const Instruction instruction = parse_trigger(change, place, '\\', warnings);
    const Expander expand([&](const std::string& name) { return state.variable(name); }, '\\');
    if (const auto* workdir = std::get_if<Workdir>(&instruction.node)) {
      const std::string path = expand.word(workdir->path, place);
      if (!path.starts_with('/')) fail_at(place, "WORKDIR must be an absolute path here, not '" + path + "'");
      state.config.working_dir = path;
      continue;
    }
    if (apply_metadata(instruction, state, {place, expand, build_args, no_args}).empty()) {
      fail_at(place, "'" + change + "' does not only change the configuration; use a Dockerfile for it");
    }
  }
  config = state.config;
}

}  // namespace engine
