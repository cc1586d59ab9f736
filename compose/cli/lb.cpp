#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/output_format.h"
#include "compose/cli/selection.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "engine/lb_statistics.h"

namespace compose::cli {
namespace {

using Json = nlohmann::ordered_json;

const Titles& titles() {
  static const Titles kAll = {{"Balancer", "BALANCER"},
                              {"BytesIn", "IN"},
                              {"BytesOut", "OUT"},
                              {"Check", "CHECK"},
                              {"Connections", "CONNECTIONS"},
                              {"Errors", "ERRORS"},
                              {"Proxy", "PROXY"},
                              {"Queued", "QUEUED"},
                              {"Rate", "RATE"},
                              {"Requests", "REQUESTS"},
                              {"Server", "SERVER"},
                              {"Since", "SINCE"},
                              {"Sessions", "SESSIONS"},
                              {"State", "STATE"}};
  return kAll;
}

int64_t number(const Json& row, const char* column) {
  const auto found = row.find(column);
  return found != row.end() && found->is_number() ? found->get<int64_t>() : 0;
}

std::string text(const Json& row, const char* column) {
  const auto found = row.find(column);
  if (found == row.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// One frontend, server or backend, in the words of `--format`.
Json to_row(const engine::ContainerInfo& balancer, const Json& row) {
  const std::string server = text(row, "svname");
  const bool frontend = server == "FRONTEND";
  Json result;
  result["Balancer"] = balancer.name;
  result["Proxy"] = text(row, "pxname");
  result["Server"] = server;
  result["State"] = text(row, "status");
  result["Since"] = number(row, "lastchg");  // seconds
  result["Sessions"] = number(row, "scur");
  result["Rate"] = frontend ? number(row, "req_rate") : number(row, "rate");
  result["Requests"] = frontend ? number(row, "req_tot") : number(row, "stot");
  result["Queued"] = number(row, "qcur");
  result["Errors"] = number(row, "ereq") + number(row, "econ") + number(row, "eresp");
  result["BytesIn"] = number(row, "bin");
  result["BytesOut"] = number(row, "bout");
  result["Check"] = text(row, "check_status");
  return result;
}

std::vector<Json> rows_of(const engine::ContainerInfo& balancer, const Json& statistics) {
  std::vector<Json> rows;
  for (const Json& row : statistics.value("rows", Json::array()))
    if (row.is_object()) rows.push_back(to_row(balancer, row));
  return rows;
}

std::string to_table(const std::vector<Json>& rows) {
  ui::Table table({"PROXY", "SERVER", "STATE", "SINCE", "SESSIONS", "RATE", "REQUESTS", "ERRORS", "QUEUED",
                   "IN", "OUT", "CHECK"});
  for (const Json& row : rows) {
    const bool frontend = row["Server"] == "FRONTEND";
    table.add({row["Proxy"].get<std::string>(), row["Server"].get<std::string>(),
               row["State"].get<std::string>(),
               frontend ? "" : ui::human_duration(row["Since"].get<int64_t>() * 1000), row["Sessions"].dump(),
               row["Rate"].dump() + "/s", row["Requests"].dump(), row["Errors"].dump(),
               frontend ? "" : row["Queued"].dump(), ui::human_size(row["BytesIn"].get<int64_t>()),
               ui::human_size(row["BytesOut"].get<int64_t>()), row["Check"].get<std::string>()});
  }
  return table.to_string();
}

}  // namespace

int lb_command(Context& context, const Words& args) {
  std::string wanted;
  Arguments arguments("lb [OPTIONS] [SERVICE...]",
                      "Show what the project's load balancers do: frontends, servers, sessions, rates.");
  arguments.option("--format", wanted, "table, json (a line each) or a template");
  const Words services = arguments.parse(args);
  const OutputFormat format(wanted);
  const std::string project = context.project_name();
  auto balancers = replicas(context, project, services);
  std::erase_if(balancers, [&](const engine::ContainerInfo& container) {
    return !is_up(container) || !engine::is_load_balancer(context.paths(), container);
  });
  if (balancers.empty())
    throw CommandError(services.empty() ? "no load balancer of project " + project + " is running"
                                        : "no load balancer among them is running");
  std::sort(balancers.begin(), balancers.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<Json> all;
  std::string tables;
  for (const engine::ContainerInfo& balancer : balancers) {
    const Json statistics =
        Json::parse(engine::load_balancer_statistics(context.paths(), balancer), nullptr, false);
    if (!statistics.is_object())
      throw CommandError("load balancer " + balancer.name + ": no statistics came");
    const std::vector<Json> rows = rows_of(balancer, statistics);
    all.insert(all.end(), rows.begin(), rows.end());
    tables +=
        fmt::format("{}{}: up {}, {} of at most {} connections\n{}", tables.empty() ? "" : "\n",
                    balancer.name, ui::human_duration(number(statistics, "uptime_s") * 1000),
                    number(statistics, "connections"), number(statistics, "max_connections"), to_table(rows));
  }
  if (format.is_json())
    print(json_lines(all));
  else
    print(format.is_template() ? format.render(all, titles()) : tables);
  return 0;
}

}  // namespace compose::cli
