#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/output_format.h"
#include "compose/cli/selection.h"
#include "compose/plan/support.h"
#include "compose/ui/table.h"

namespace compose::cli {
namespace {

const char* verdict(Support support) {
  switch (support) {
    case Support::kNotYet:
      return "not supported";
    case Support::kNoEffect:
      return "no effect";
    case Support::kHonoured:
      break;
  }
  return "honoured";
}

std::string where(const parser::Mark& mark) {
  return fmt::format("{}:{}:{}", mark.file, mark.line, mark.column);
}

std::string full_name(const Finding& finding) {
  const std::string what = said(finding);
  return what.empty() || finding.place.empty() ? finding.place + what : finding.place + "." + what;
}

std::string listing(const std::vector<Finding>& findings, bool json) {
  ui::Table table({"ATTRIBUTE", "VERDICT", "PLACE", "NOTE"});
  std::string lines;
  for (const Finding& finding : findings) {
    table.add({full_name(finding), verdict(finding.support), where(finding.mark), finding.note});
    if (json)
      lines += nlohmann::ordered_json{{"Attribute", full_name(finding)},
                                      {"Verdict", verdict(finding.support)},
                                      {"Place", where(finding.mark)},
                                      {"Note", finding.note}}
                   .dump() +
               '\n';
  }
  return json ? lines : table.to_string();
}

}  // namespace

int check_command(Context& context, const Words& args) {
  bool quiet = false, all = false, version_3 = false;
  std::string format;
  Arguments arguments("check [OPTIONS] [SERVICE...]",
                      "Tell which attributes of the files this program does not honour, or takes without\n"
                      "effect. Exit code 1 when `up` would refuse the project.");
  arguments.flag("-a,--all", all, "The honoured ones too");
  arguments.flag("--version-3", version_3,
                 "Tell instead what lies outside of the file format 3.x, which docker-compose 1.x and\n"
                 "`docker stack deploy` read; exit code 1 when something does");
  arguments.option("--format", format, "table or json (a line per attribute)");
  arguments.flag("-q,--quiet", quiet, "Only the exit code");
  const Words services = arguments.parse(args);
  check_format(format);
  if (version_3 && (all || !format.empty() || !services.empty()))
    throw UsageError(
        "--version-3 goes with none of --all, --format and services: it tells of the files as a whole");

  const parser::Project project = context.load(services);
  if (version_3) {
    const auto found = parser::outside_version_3(context.load_options());
    for (const parser::Diagnostic& diagnostic : quiet ? std::vector<parser::Diagnostic>() : found)
      print(diagnostic.to_string() + '\n');
    return found.empty() ? 0 : 1;
  }
  std::vector<Finding> findings =
      review_support(context.document().root, project, services_meant(project, services, true));
  const bool refused = std::any_of(findings.begin(), findings.end(),
                                   [](const Finding& f) { return f.support == Support::kNotYet; });
  if (!all) std::erase_if(findings, [](const Finding& f) { return f.support == Support::kHonoured; });
  if (quiet) return refused ? 1 : 0;
  if (!findings.empty() || format == "json")
    print(listing(findings, format == "json"));
  else
    print("Every attribute of these files is honoured.\n");
  return refused ? 1 : 0;
}

}  // namespace compose::cli
