#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/inspected.h"
#include "compose/cli/output_format.h"
#include "compose/cli/volume/subcommands.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

nlohmann::ordered_json describe(const engine::VolumeInfo& volume) {
  constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
  auto labels = nlohmann::ordered_json::object();
  for (const auto& [name, value] : shown_labels(volume.labels)) labels[name] = value;
  return {{"CreatedAt", ui::to_rfc3339(volume.created_ms * kNanosecondsPerMillisecond)},
          {"Driver", volume.driver},
          {"Labels", labels},
          {"Mountpoint", volume.mountpoint},
          {"Name", volume.name},
          {"Options", volume.driver_opts.empty() ? nlohmann::ordered_json(nullptr)
                                                 : nlohmann::ordered_json(volume.driver_opts)},
          {"Scope", "local"}};
}

}  // namespace

int volume_inspect(Context& context, const Words& args) {
  std::string format;
  Arguments arguments("volume inspect [OPTIONS] VOLUME...", "Show all about volumes, as JSON.");
  arguments.option("-f,--format", format, "json (the default) or a template for each volume");
  arguments.positionals(1, -1, "VOLUME");
  const Words names = arguments.parse(args);
  const auto volumes = context.engine().volumes();
  return inspect_all(context, names, format, [&](const std::string& name) {
    const auto found =
        std::find_if(volumes.begin(), volumes.end(), [&](const auto& volume) { return volume.name == name; });
    if (found == volumes.end()) throw CommandError("no such volume: " + name);
    return describe(*found);
  });
}

}  // namespace compose::cli
