#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image_rows.h"
#include "compose/cli/output_format.h"
#include "compose/cli/system/subcommands.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"
#include "engine/build/cache_mounts.h"
#include "engine/image/image_store.h"
#include "sys/folder.h"

namespace compose::cli {
namespace {

struct Sized {
  std::string name, detail;
  int64_t bytes = 0;
  size_t users = 0;
  bool active = false;
};

struct Shared {
  int64_t all = 0, idle = 0;
};

struct Kind {
  std::string name, title;
  std::vector<Sized> objects;
  std::optional<Shared> shared{};  // of objects that have parts in common: what they are together

  size_t active() const {
    return static_cast<size_t>(
        std::count_if(objects.begin(), objects.end(), [](const Sized& object) { return object.active; }));
  }
  int64_t bytes(bool only_idle) const {
    if (shared) return only_idle ? shared->idle : shared->all;
    int64_t sum = 0;
    for (const Sized& object : objects) sum += only_idle && object.active ? 0 : object.bytes;
    return sum;
  }
  std::string reclaimable() const {
    const int64_t all = bytes(false), idle = bytes(true);
    constexpr int64_t kPercent = 100;
    return all == 0 ? ui::human_size(idle)
                    : fmt::format("{} ({}%)", ui::human_size(idle), idle * kPercent / all);
  }
};

// Each layer once; it is in use when any image of it is.
Shared layers_of(engine::ImageStore& store, const std::vector<engine::ContainerInfo>& containers) {
  std::set<std::string> in_use;
  for (const engine::ContainerInfo& container : containers) in_use.insert(container.image_id);
  std::map<std::string, bool> layers;  // chain id -> in use
  for (const engine::ImageInfo& info : store.list()) {
    const auto image = store.find(info.id);
    if (!image) continue;  // removed meanwhile
    for (const std::string& chain : image->chain_ids) layers[chain] |= in_use.contains(image->id);
  }
  Shared sum;
  for (const auto& [chain, used] : layers) {
    const auto layer = store.find_layer(chain);
    if (!layer) continue;
    sum.all += layer->size;
    if (!used) sum.idle += layer->size;
  }
  return sum;
}

Kind images_of(engine::Engine& engine, const std::vector<engine::ContainerInfo>& containers) {
  Kind kind{"Images", "Images space usage", {}};
  kind.shared = layers_of(engine.image_store(), containers);
  for (const engine::ImageInfo& image : engine.images()) {
    Sized object;
    const auto [repository, tag] =
        repository_and_tag(image.references.empty() ? "" : image.references.front());
    object.name = repository + ':' + tag;
    object.detail = ui::short_id(image.id);
    object.bytes = image.size;
    object.users =
        static_cast<size_t>(std::count_if(containers.begin(), containers.end(), [&](const auto& container) {
          return container.image_id == image.id;
        }));
    object.active = object.users > 0;
    kind.objects.push_back(std::move(object));
  }
  return kind;
}

Kind containers_of(engine::Engine& engine, const std::vector<engine::ContainerInfo>& containers) {
  Kind kind{"Containers", "Containers space usage", {}};
  for (const engine::ContainerInfo& container : containers) {
    Sized object{container.name, container.image, engine.written_bytes(container.id), 1, is_up(container)};
    kind.objects.push_back(std::move(object));
  }
  return kind;
}

Kind volumes_of(engine::Engine& engine, const std::vector<engine::ContainerInfo>& containers) {
  Kind kind{"Local Volumes", "Local Volumes space usage", {}};
  for (const engine::VolumeInfo& volume : engine.volumes()) {
    Sized object;
    object.name = volume.name;
    object.bytes = sys::bytes_below(volume.mountpoint);
    object.users =
        static_cast<size_t>(std::count_if(containers.begin(), containers.end(), [&](const auto& container) {
          return mounts_volume(container, volume.name);
        }));
    object.active = object.users > 0;
    kind.objects.push_back(std::move(object));
  }
  return kind;
}

Kind cache_of(engine::Engine& engine) {
  Kind kind{"Build Cache", "Build cache usage", {}};
  for (const auto& entry : engine.image_store().cache_entries())
    kind.objects.push_back({ui::short_id(entry.key), "regular", entry.bytes, 0, entry.of_image});
  for (const auto& mount : engine::build::list_cache_mounts(engine.paths().cache_mounts()))
    kind.objects.push_back({ui::short_id(mount.id), "exec.cachemount", mount.bytes, 0, false});
  return kind;
}

std::string verbose_text(const std::vector<Kind>& kinds) {
  std::string text;
  for (const Kind& kind : kinds) {
    text += (text.empty() ? "" : "\n") + kind.title + ":\n\n";
    ui::Table table({"NAME", "DETAIL", "SIZE", "CONTAINERS", "ACTIVE"});
    for (const Sized& object : kind.objects)
      table.add({object.name, object.detail, ui::human_size(object.bytes), std::to_string(object.users),
                 object.active ? "true" : "false"});
    text += table.to_string();
  }
  return text;
}

}  // namespace

int system_df(Context& context, const Words& args) {
  bool verbose = false;
  std::string format;
  Arguments arguments(
      "system df [OPTIONS]",
      "Show what the disk is used for. With -v, layers that images share count for each of them.");
  arguments.flag("-v,--verbose", verbose, "Each image, container, volume and entry of the build cache");
  arguments.option("--format", format, "table, json (a line per kind) or a template");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);
  refuse_together(verbose && !format.empty(), "--verbose", "--format");

  engine::Engine& engine = context.engine();
  const auto containers = engine.containers("");
  const std::vector<Kind> kinds{images_of(engine, containers), containers_of(engine, containers),
                                volumes_of(engine, containers), cache_of(engine)};
  if (verbose) {
    print(verbose_text(kinds));
    return 0;
  }
  static const Titles kTitles{{"Active", "ACTIVE"},
                              {"Reclaimable", "RECLAIMABLE"},
                              {"Size", "SIZE"},
                              {"TotalCount", "TOTAL"},
                              {"Type", "TYPE"}};
  ui::Table table({"TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"});
  std::vector<nlohmann::ordered_json> rows;
  for (const Kind& kind : kinds) {
    const std::string total = std::to_string(kind.objects.size()), active = std::to_string(kind.active()),
                      size = ui::human_size(kind.bytes(false)), reclaimable = kind.reclaimable();
    table.add({kind.name, total, active, size, reclaimable});
    rows.push_back({{"Active", active},
                    {"Reclaimable", reclaimable},
                    {"Size", size},
                    {"TotalCount", total},
                    {"Type", kind.name}});
  }
  print(output.is_template() ? output.render(rows, kTitles)
        : output.is_json()   ? json_lines(rows)
                             : table.to_string());
  return 0;
}

}  // namespace compose::cli
