#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/network/subcommands.h"
#include "compose/cli/output_format.h"
#include "engine/doctor/facts.h"

namespace compose::cli {
namespace {

using engine::doctor::Finding;

constexpr int kIll = 1;

std::string word_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kFine:
      return "ok";
    case Finding::Kind::kNote:
      return "note";
    case Finding::Kind::kProblem:
      return "problem";
  }
  return {};
}

std::string text_of(const std::vector<Finding>& findings) {
  std::string text, subject;
  for (const Finding& finding : findings) {
    if (finding.subject != subject) text += finding.subject + '\n';
    subject = finding.subject;
    std::string word = word_of(finding.kind);
    word.resize(9, ' ');
    text += "  " + word + finding.text + '\n';
    if (!finding.advice.empty()) text += "           -> " + finding.advice + '\n';
  }
  return text;
}

std::string lines_of(const std::vector<Finding>& findings) {
  std::vector<nlohmann::ordered_json> rows;
  rows.reserve(findings.size());
  for (const Finding& finding : findings) {
    rows.push_back({{"Subject", finding.subject},
                    {"Kind", word_of(finding.kind)},
                    {"Text", finding.text},
                    {"Advice", finding.advice}});
  }
  return json_lines(rows);
}

}  // namespace

int network_doctor(Context& context, const Words& args) {
  std::string format;
  Arguments arguments("network doctor [OPTIONS] [NETWORK...]",
                      "Say what is wrong with networks and the containers on them, and what helps. Exits "
                      "with 1 when there is a problem.");
  arguments.option("--format", format, "table or json (a line per finding)");
  arguments.positionals(0, -1, "NETWORK");
  const Words names = arguments.parse(args);
  check_format(format);
  std::vector<std::string> ids;
  for (const std::string& name : names) ids.push_back(named_network(context, name).id);
  if (names.empty())
    for (const engine::NetworkInfo& network : context.engine().networks()) ids.push_back(network.id);

  const std::vector<Finding> findings = engine::doctor::judge(context.engine().examine_networks(ids));
  print(format == "json" ? lines_of(findings) : text_of(findings));
  const bool ill = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.kind == Finding::Kind::kProblem;
  });
  return ill ? kIll : 0;
}

}  // namespace compose::cli
