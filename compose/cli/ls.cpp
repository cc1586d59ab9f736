#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/label_filter.h"
#include "compose/cli/output_format.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/ui/table.h"

namespace compose::cli {
namespace {

struct Stack {
  std::map<std::string, int> states;
  std::string config_files;

  // "exited(1), running(2)"
  std::string status() const {
    std::string text;
    for (const auto& [state, count] : states)
      text += fmt::format("{}{}({})", text.empty() ? "" : ", ", state, count);
    return text;
  }
};

// As docker compose: of containers made from different files, all of them.
void add_files(std::string& known, const std::string& more) {
  for (size_t at = 0; at < more.size();) {
    const size_t comma = std::min(more.find(',', at), more.size());
    const std::string file = more.substr(at, comma - at);
    if ((',' + known + ',').find(',' + file + ',') == std::string::npos)
      known += (known.empty() ? "" : ",") + file;
    at = comma + 1;
  }
}

}  // namespace

int ls_command(Context& context, const Words& args) {
  bool all = false, quiet = false;
  std::string format;
  std::vector<std::string> filters;
  Arguments arguments("ls [OPTIONS]", "List projects; only those with running containers without -a.");
  arguments.flag("-a,--all", all, "Stopped ones too");
  arguments.option("--format", format, "table, json or a template");
  arguments.flag("-q,--quiet", quiet, "Only names");
  arguments.list("--filter", filters, "name=PATTERN");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  const OutputFormat output(format);
  const KeyFilters wanted(filters, {"name"});
  wanted.check_patterns("name");

  std::map<std::string, Stack> stacks;
  for (const auto& container : context.engine().containers("")) {
    const std::string name = label_of(container.labels, label::kProject);
    if (name.empty() || is_one_off(container) || (!all && !is_up(container))) continue;
    if (!wanted.hold([&](const std::string&, const std::string& value) { return matches(value, name); }))
      continue;
    Stack& stack = stacks[name];
    ++stack.states[engine::to_string(container.status.state)];
    add_files(stack.config_files, label_of(container.labels, label::kConfigFiles));
  }

  std::string text;
  if (quiet) {
    for (const auto& [name, stack] : stacks) text += name + '\n';
  } else if (output.is_json() || output.is_template()) {
    std::vector<nlohmann::ordered_json> rows;
    rows.reserve(stacks.size());
    for (const auto& [name, stack] : stacks)
      rows.push_back({{"Name", name}, {"Status", stack.status()}, {"ConfigFiles", stack.config_files}});
    static const Titles kTitles{{"Name", "NAME"}, {"Status", "STATUS"}, {"ConfigFiles", "CONFIG FILES"}};
    text = output.is_json() ? nlohmann::ordered_json(rows).dump() + '\n' : output.render(rows, kTitles);
  } else {
    ui::Table table({"NAME", "STATUS", "CONFIG FILES"});
    for (const auto& [name, stack] : stacks) table.add({name, stack.status(), stack.config_files});
    text = table.to_string();
  }
  print(text);
  return 0;
}

}  // namespace compose::cli
