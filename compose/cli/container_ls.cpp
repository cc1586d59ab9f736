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

int container_ls(Context& context, const Words& args) {
  bool all = false, quiet = false, no_trunc = false, latest = false;
  std::optional<int64_t> last;
  std::string format;
  std::vector<std::string> filters;
  Arguments arguments("container ls [OPTIONS]",
                      "List the engine's containers; only running ones without -a.");
  arguments.flag("-a,--all", all, "Stopped ones too");
  arguments.list("-f,--filter", filters,
                 "KEY=VALUE (repeatable); KEY is ancestor, before, exited, health, id, label, name, network, "
                 "since, status or volume");
  arguments.option("--format", format, "table, json (a line per container) or a template");
  arguments.option("-n,--last", last, "Only so many, those created last, in any state");
  arguments.flag("-l,--latest", latest, "Only the one created last, in any state");
  arguments.flag("--no-trunc", no_trunc, "Whole ids and commands");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  arguments.refuse_flag("-s,--size");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);
  const ContainerFilter filter(filters);
  if (latest) last = 1;

  auto containers = context.engine().containers("");
  const bool any_state = all || filter.asks_for_state() || (last && *last >= 0);
  if (!any_state) std::erase_if(containers, [](const auto& container) { return !is_up(container); });
  containers = filter.apply(std::move(containers), context.engine());
  std::stable_sort(containers.begin(), containers.end(),
                   [](const auto& a, const auto& b) { return a.created_ms > b.created_ms; });
  if (last && *last >= 0 && containers.size() > static_cast<size_t>(*last))
    containers.erase(containers.begin() + *last, containers.end());

  const int64_t now = ui::now_ms();
  ui::Table table({"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"});
  std::vector<nlohmann::ordered_json> rows;
  std::string ids;
  for (const auto& container : containers) {
    const std::string id = no_trunc ? container.id : ui::short_id(container.id);
    if (quiet) {
      ids += id + '\n';
    } else if (output.is_json() || output.is_template()) {
      rows.emplace_back(container_row(container, no_trunc, now));
    } else {
      table.add({id, container.image, shown_command(container, no_trunc),
                 ui::human_duration(now - container.created_ms) + " ago",
                 ui::status_text(container.status, now), ports_of(container), container.name});
    }
  }
  print(quiet                  ? ids
        : output.is_json()     ? json_lines(rows)
        : output.is_template() ? output.render(rows, container_titles())
                               : table.to_string());
  return 0;
}

}  // namespace compose::cli
