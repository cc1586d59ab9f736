#include <algorithm>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/name_values.h"
#include "compose/cli/volume/subcommands.h"

namespace compose::cli {

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
  // As docker: one that is there is fine as it is.
  const auto volumes = context.engine().volumes();
  const bool there = std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) {
    return !config.name.empty() && volume.name == config.name && volume.driver == config.driver;
  });
  print((there ? config.name : context.engine().create_volume(config).name) + '\n');
  return 0;
}

}  // namespace compose::cli
