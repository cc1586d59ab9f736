#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/container_rows.h"
#include "compose/cli/failure.h"
#include "compose/cli/load_unresolved.h"
#include "compose/cli/output_format.h"
#include "compose/cli/selection.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

struct Flags {
  bool all = false, no_trunc = false, quiet = false, services = false, orphans = true;
  std::string format;
  std::vector<std::string> filters, statuses;
};

void add_filter(Flags& flags, const std::string& filter) {
  const size_t equals = filter.find('=');
  const std::string key = filter.substr(0, equals);
  if (equals == std::string::npos || key != "status")
    throw CommandError("filter '" + filter + "' is not supported yet: only status=VALUE");
  flags.statuses.push_back(filter.substr(equals + 1));
}

nlohmann::json publishers(const engine::ContainerInfo& container) {
  auto list = nlohmann::json::array();
  if (!is_up(container)) return list;
  for (const auto& port : container.ports) {
    list.push_back({{"URL", port.host_ip.empty() ? "0.0.0.0" : port.host_ip},
                    {"TargetPort", port.container_port},
                    {"PublishedPort", port.host_port},
                    {"Protocol", port.protocol}});
  }
  for (const auto& [number, protocol] : ui::only_exposed(container.ports, container.expose))
    list.push_back({{"URL", ""}, {"TargetPort", number}, {"PublishedPort", 0}, {"Protocol", protocol}});
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a["TargetPort"] < b["TargetPort"]; });
  return list;
}

nlohmann::ordered_json to_row(const engine::ContainerInfo& container, bool no_trunc, int64_t now) {
  nlohmann::json row = container_row(container, no_trunc, now);
  // The health of what runs, the code of what has ended.
  const std::string state = row["State"];
  row["ExitCode"] = is_up(container) ? 0 : container.status.exit_code;
  row["Health"] = state == "running" ? engine::to_string(container.status.health) : "";
  row["Name"] = container.name;
  row["Project"] = label_of(container.labels, label::kProject);
  row["Publishers"] = publishers(container);
  row["Service"] = service_of(container);
  return row;
}

Titles titles() {
  Titles all = container_titles();
  all.insert({{"ExitCode", "EXIT CODE"},
              {"Health", "HEALTH"},
              {"Name", "NAME"},
              {"Project", "PROJECT"},
              {"Publishers", "PUBLISHERS"},
              {"Service", "SERVICE"}});
  return all;
}

std::string to_table(const std::vector<engine::ContainerInfo>& containers, bool no_trunc, int64_t now) {
  ui::Table table({"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"});
  for (const auto& container : containers) {
    table.add({container.name, container.image, shown_command(container, no_trunc), service_of(container),
               ui::human_duration(now - container.created_ms) + " ago",
               ui::status_text(container.status, now), ports_of(container)});
  }
  return table.to_string();
}

Flags parse(const Words& args, Words& services) {
  Flags flags;
  Arguments arguments("ps [OPTIONS] [SERVICE...]", "List containers; only running ones without -a.");
  arguments.flag("-a,--all", flags.all, "Stopped and one-off ones too");
  arguments.option("--format", flags.format, "table, json (a line per container) or a template");
  arguments.flag("-q,--quiet", flags.quiet, "Only ids");
  arguments.flag("--services", flags.services, "Only the services' names");
  arguments.list("--status", flags.statuses, "Only those in this state (repeatable)");
  arguments.list("--filter", flags.filters, "status=STATE");
  arguments.flag("--no-trunc", flags.no_trunc, "Whole ids and commands");
  arguments.flag("--orphans", flags.orphans, "Those of services no longer in the files too (the default)");
  services = arguments.parse(args);
  for (const std::string& filter : flags.filters) add_filter(flags, filter);
  for (const std::string& status : flags.statuses) check_state(status);
  return flags;
}

}  // namespace

int ps_command(Context& context, const Words& args) {
  Words services;
  const Flags flags = parse(args, services);
  const OutputFormat format(flags.format);
  std::optional<parser::Project> project;
  if (!flags.orphans) project = load_unresolved(context, services);
  const std::string owner = project ? project->name : context.project_name();
  auto containers = flags.all || !flags.statuses.empty() ? replicas_and_one_offs(context, owner, services)
                                                         : replicas(context, owner, services);
  std::erase_if(containers, [&](const engine::ContainerInfo& container) {
    if (project && project->services.count(service_of(container)) == 0) return true;
    if (!flags.statuses.empty()) {
      const std::string state = engine::to_string(container.status.state);
      return std::find(flags.statuses.begin(), flags.statuses.end(), state) == flags.statuses.end();
    }
    return !flags.all && !is_up(container);
  });
  std::sort(containers.begin(), containers.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });

  const int64_t now = ui::now_ms();
  std::string text;
  if (flags.quiet) {
    for (const auto& container : containers) text += container.id + '\n';
  } else if (flags.services) {
    std::set<std::string> names;
    for (const auto& container : containers) names.insert(service_of(container));
    for (const std::string& name : names) text += name + '\n';
  } else if (format.is_json() || format.is_template()) {
    std::vector<nlohmann::ordered_json> rows;
    rows.reserve(containers.size());
    for (const auto& container : containers) {
      rows.push_back(to_row(container, flags.no_trunc, now));
      if (format.is_template()) rows.back()["Label"] = shown_labels(container.labels);
    }
    text = format.is_json() ? json_lines(rows) : format.render(rows, titles());
  } else {
    text = to_table(containers, flags.no_trunc, now);
  }
  print(text);
  return 0;
}

}  // namespace compose::cli
