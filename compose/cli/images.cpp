#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/image_rows.h"
#include "compose/cli/output_format.h"
#include "compose/cli/selection.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"
#include "engine/image/platform.h"

namespace compose::cli {
namespace {

struct Row {
  const engine::ContainerInfo* container;
  std::string repository, tag;
  int64_t size = 0, created_ms = 0;  // 0 created: the image has gone
};

std::string created(const Row& row, int64_t now) {
  return row.created_ms == 0 ? "N/A" : ui::human_duration(now - row.created_ms) + " ago";
}

std::vector<nlohmann::ordered_json> to_json(const std::vector<Row>& rows) {
  std::vector<nlohmann::ordered_json> list;
  for (const Row& row : rows) {
    nlohmann::ordered_json entry{{"ID", row.container->image_id},
                                 {"ContainerName", row.container->name},
                                 {"Repository", row.repository},
                                 {"Tag", row.tag},
                                 {"Platform", engine::host_platform().to_string()},
                                 {"Size", row.size}};
    if (row.created_ms != 0) {
      entry["Created"] = ui::to_rfc3339(row.created_ms * 1'000'000);
      entry["LastTagTime"] = entry["Created"];
    }
    list.push_back(std::move(entry));
  }
  return list;
}

const Titles& titles() {
  static const Titles kTitles{{"ContainerName", "CONTAINER"},
                              {"Created", "CREATED"},
                              {"ID", "IMAGE ID"},
                              {"LastTagTime", "TAGGED"},
                              {"Platform", "PLATFORM"},
                              {"Repository", "REPOSITORY"},
                              {"Size", "SIZE"},
                              {"Tag", "TAG"}};
  return kTitles;
}

std::string to_table(const std::vector<Row>& rows) {
  const int64_t now = ui::now_ms();
  ui::Table table({"CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"});
  for (const Row& row : rows) {
    table.add({row.container->name, row.repository, row.tag, engine::host_platform().to_string(),
               ui::short_id(row.container->image_id), ui::human_size(row.size), created(row, now)});
  }
  return table.to_string();
}

}  // namespace

int images_command(Context& context, const Words& args) {
  bool quiet = false;
  std::string format;
  Arguments arguments("images [OPTIONS] [SERVICE...]", "List the images that the project's containers use.");
  arguments.option("--format", format, "table, json or a template");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  const Words services = arguments.parse(args);
  const OutputFormat output(format);

  auto containers = replicas(context, context.project_name(), services);
  std::sort(containers.begin(), containers.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  std::map<std::string, std::optional<engine::ImageInfo>> known;
  std::vector<Row> rows;
  std::set<std::string> ids;
  for (const auto& container : containers) {
    auto [image, fresh] = known.try_emplace(container.image_id);
    if (fresh) image->second = context.engine().find_image(container.image_id);
    Row row{&container, "", "", 0, 0};
    std::tie(row.repository, row.tag) = repository_and_tag(container.image);
    if (image->second) {
      row.size = image->second->size;
      row.created_ms = image->second->created_ms;
    }
    ids.insert(container.image_id);
    rows.push_back(std::move(row));
  }
  if (quiet) {
    std::string text;
    for (const std::string& id : ids) text += id.substr(id.find(':') + 1) + '\n';
    print(text);
  } else {
    print(output.is_json()       ? nlohmann::ordered_json(to_json(rows)).dump() + '\n'
          : output.is_template() ? output.render(to_json(rows), titles())
                                 : to_table(rows));
  }
  return 0;
}

}  // namespace compose::cli
