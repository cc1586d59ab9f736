#include <algorithm>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/name_values.h"
#include "compose/cli/volume/subcommands.h"
#include "engine/error.h"

namespace compose::cli {
namespace {

bool is_there(Context& context, const engine::VolumeConfig& wanted) {
  const auto volumes = context.engine().volumes();
  return std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) {
    return volume.name == wanted.name && volume.driver == wanted.driver;
  });
}

}  // namespace

int volume_create(Context& context, const Words& args) {
  engine::VolumeConfig config;
  Words labels, options;
  Arguments arguments("volume create [OPTIONS] [VOLUME]",
                      "Make a volume; without a name it gets one, and is anonymous.");
  arguments.option("-d,--driver", config.driver, "Driver: local (the default)");
  arguments.option("--name", config.name, "Name, as older versions of docker take it");
  arguments.list("--label", labels, "NAME=VALUE");
  arguments.list("-o,--opt", options, "NAME=VALUE for the driver");
  for (const char* name : {"--availability", "--group", "--limit-bytes", "--required-bytes", "--scope",
                           "--secret", "--sharing", "--topology-preferred", "--topology-required", "--type"})
    arguments.refuse_option(name);
  arguments.positionals(0, 1, "VOLUME");
  const Words words = arguments.parse(args);
  if (!words.empty()) {
    if (!config.name.empty())
      throw CommandError("the volume is named twice, by --name and as " + words.front());
    config.name = words.front();
  }
  config.labels = name_values("--label", labels, false);
  config.driver_opts = name_values("--opt", options, true);
  context.engine().reconcile();
  try {
    print(context.engine().create_volume(config).name + '\n');
  } catch (const engine::Error& error) {
    // As docker: one that is there is fine as it is, whoever made it.
    if (error.kind() != engine::Error::Kind::kConflict || !is_there(context, config)) throw;
    print(config.name + '\n');
  }
  return 0;
}

}  // namespace compose::cli
