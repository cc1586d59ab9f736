#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/label_filter.h"
#include "compose/cli/output_format.h"
#include "compose/cli/selection.h"
#include "compose/cli/subcommands.h"
#include "compose/cli/volume/subcommands.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/ui/table.h"

namespace compose::cli {
namespace {

std::string listing(std::vector<engine::VolumeInfo> volumes, bool quiet, const OutputFormat& format) {
  std::sort(volumes.begin(), volumes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  static const Titles kTitles{{"Availability", "AVAILABILITY"},
                              {"Driver", "DRIVER"},
                              {"Group", "GROUP"},
                              {"Labels", "LABELS"},
                              {"Links", "LINKS"},
                              {"Mountpoint", "MOUNTPOINT"},
                              {"Name", "VOLUME NAME"},
                              {"Scope", "SCOPE"},
                              {"Size", "SIZE"},
                              {"Status", "STATUS"}};
  ui::Table table({"DRIVER", "VOLUME NAME"});
  std::string names;
  std::vector<nlohmann::ordered_json> rows;
  for (const auto& volume : volumes) {
    table.add({volume.driver, volume.name});
    names += volume.name + '\n';
    // docker's columns: of cluster volumes, and what only `system df` counts.
    rows.push_back({{"Availability", "N/A"},
                    {"Driver", volume.driver},
                    {"Group", "N/A"},
                    {"Labels", labels_text(shown_labels(volume.labels))},
                    {"Links", "N/A"},
                    {"Mountpoint", volume.mountpoint},
                    {"Name", volume.name},
                    {"Scope", "local"},
                    {"Size", "N/A"},
                    {"Status", "N/A"}});
    if (format.is_template()) rows.back()["Label"] = shown_labels(volume.labels);
  }
  if (quiet) return names;
  if (format.is_template()) return format.render(rows, kTitles);
  return format.is_json() ? json_lines(rows) : table.to_string();
}

bool mounted(Context& context, const std::string& volume) {
  const auto containers = context.engine().containers("");
  return std::any_of(containers.begin(), containers.end(),
                     [&](const auto& container) { return mounts_volume(container, volume); });
}

bool holds(Context& context, const std::string& key, const std::string& value,
           const engine::VolumeInfo& volume) {
  if (key == "driver") return volume.driver == value;
  if (key == "name") return matches(value, volume.name);
  if (key == "label") return has_label(volume.labels, value);
  return mounted(context, volume.name) != truth_of("dangling", value);
}

int volume_ls(Context& context, const Words& args) {
  bool quiet = false;
  std::string format;
  Words given;
  Arguments arguments("volume ls [OPTIONS]", "List the engine's volumes.");
  arguments.list("-f,--filter", given, "dangling=, driver=, label= or name=");
  arguments.option("--format", format, "table, json (a line per volume) or a template");
  arguments.flag("-q,--quiet", quiet, "Only names");
  arguments.refuse_flag("--cluster");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);
  const KeyFilters filters(given, {"dangling", "driver", "label", "name"});
  filters.check_patterns("name");
  auto volumes = context.engine().volumes();
  std::erase_if(volumes, [&](const engine::VolumeInfo& volume) {
    return !filters.hold(
        [&](const std::string& key, const std::string& value) { return holds(context, key, value, volume); });
  });
  print(listing(std::move(volumes), quiet, output));
  return 0;
}

int volume_rm(Context& context, const Words& args) {
  bool force = false;
  Arguments arguments("volume rm [OPTIONS] VOLUME...", "Remove volumes; their data is lost.");
  arguments.flag("-f,--force", force, "A missing volume is no error");
  arguments.positionals(1, -1, "VOLUME");
  const Words names = arguments.parse(args);
  const auto volumes = context.engine().volumes();
  int code = 0;
  for (const std::string& name : names) {
    const bool there =
        std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) { return volume.name == name; });
    try {
      if (!there && !force) throw CommandError("no such volume: " + name);
      if (there) context.engine().remove_volume(name);
      if (there) print(name + '\n');
    } catch (const std::exception& error) {  // the others are still removed
      context.show_error(error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace

int volume_command(Context& context, const Words& args) {
  return run_subcommand(context, "volume",
                        {{"create", volume_create, "Make a volume"},
                         {"inspect", volume_inspect, "Show all about volumes"},
                         {"ls", volume_ls, "List the engine's volumes"},
                         {"list", volume_ls, "The same"},
                         {"prune", volume_prune, "Remove volumes that no container mounts"},
                         {"rm", volume_rm, "Remove volumes; their data is lost"},
                         {"remove", volume_rm, "The same"}},
                        args);
}

// The project's own: named ones by label, of the given services only those they mount.
int volumes_command(Context& context, const Words& args) {
  bool quiet = false;
  std::string format;
  Arguments arguments("volumes [OPTIONS] [SERVICE...]", "List the project's volumes.");
  arguments.option("--format", format, "table, json (a line per volume) or a template");
  arguments.flag("-q,--quiet", quiet, "Only names");
  const Words services = arguments.parse(args);
  const OutputFormat output(format);

  const std::string project = context.project_name();
  auto volumes = context.engine().volumes();
  std::erase_if(volumes,
                [&](const auto& volume) { return label_of(volume.labels, label::kProject) != project; });
  if (!services.empty()) {
    const auto containers = replicas(context, project, services);
    std::erase_if(volumes, [&](const auto& volume) {
      return std::none_of(containers.begin(), containers.end(),
                          [&](const auto& container) { return mounts_volume(container, volume.name); });
    });
  }
  print(listing(std::move(volumes), quiet, output));
  return 0;
}

}  // namespace compose::cli
