#include <algorithm>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container_filter.h"
#include "compose/cli/container_rows.h"
#include "compose/cli/output_format.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

// What it wrote, and that with its image: "2B (virtual 4.26MB)".
std::string size_text(engine::Engine& engine, const engine::ContainerInfo& container) {
  const int64_t written = engine.written_bytes(container.id);
  const auto image = engine.find_image(container.image_id);
  return ui::human_size(written) + " (virtual " + ui::human_size(written + (image ? image->size : 0)) + ')';
}

}  // namespace

int container_ls(Context& context, const Words& args) {
  bool all = false, quiet = false, no_trunc = false, latest = false, size = false;
  std::optional<int64_t> last;
  std::string format;
  std::vector<std::string> filters;
  Arguments arguments("container ls [OPTIONS]",
                      "List the engine's containers; only running ones without -a.");
  arguments.flag("-a,--all", all, "Stopped ones too");
  arguments.list("-f,--filter", filters,
                 "KEY=VALUE (repeatable); KEY is ancestor, before, exited, expose, health, id, label, name, "
                 "network, publish, since, status or volume");
  arguments.option("--format", format, "table, json (a line per container) or a template");
  arguments.option("-n,--last", last, "Only so many, those created last, in any state");
  arguments.flag("-l,--latest", latest, "Only the one created last, in any state");
  arguments.flag("--no-trunc", no_trunc, "Whole ids and commands");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  arguments.flag("-s,--size", size, "With the sizes of their files");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);
  const ContainerFilter filter(filters);
  if (latest) last = 1;
  if (last && *last <= 0) last.reset();

  auto containers = context.engine().containers("");
  const bool any_state = all || filter.asks_for_state() || last;
  if (!any_state) std::erase_if(containers, [](const auto& container) { return !is_up(container); });
  containers = filter.apply(std::move(containers), context.engine());
  std::stable_sort(containers.begin(), containers.end(),
                   [](const auto& a, const auto& b) { return a.created_ms > b.created_ms; });
  if (last && containers.size() > static_cast<size_t>(*last))
    containers.erase(containers.begin() + *last, containers.end());

  const int64_t now = ui::now_ms();
  size = size || format.find(".Size") != std::string::npos;
  std::vector<std::string> header{"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"};
  if (size) header.emplace_back("SIZE");
  ui::Table table(header);
  std::vector<nlohmann::ordered_json> rows;
  std::string ids;
  for (const auto& container : containers) {
    const std::string id = no_trunc ? container.id : ui::short_id(container.id);
    if (quiet) {
      ids += id + '\n';
    } else if (output.is_json() || output.is_template()) {
      rows.emplace_back(container_row(container, no_trunc, now));
      if (output.is_template()) rows.back()["Label"] = shown_labels(container.labels);
      if (size) rows.back()["Size"] = size_text(context.engine(), container);
    } else {
      std::vector<std::string> row{id,
                                   container.image,
                                   shown_command(container, no_trunc),
                                   ui::human_duration(now - container.created_ms) + " ago",
                                   ui::status_text(container.status, now),
                                   ports_of(container),
                                   container.name};
      if (size) row.push_back(size_text(context.engine(), container));
      table.add(std::move(row));
    }
  }
  print(quiet                  ? ids
        : output.is_json()     ? json_lines(rows)
        : output.is_template() ? output.render(rows, container_titles())
                               : table.to_string());
  return 0;
}

}  // namespace compose::cli
