#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/output_format.h"
#include "compose/plan/labels.h"

namespace compose::cli {
namespace {

// The Docker Compose release whose commands and output this program follows: scripts look for a 2.x number.
constexpr const char* kCompatible = "2.40.0";

}  // namespace

int version_command(Context&, const Words& args) {
  bool brief = false;
  std::string format;
  Arguments arguments("version [OPTIONS]", "Show the version.");
  arguments.flag("--short", brief, "Only the number");
  arguments.option("-f,--format", format, "pretty or json");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  if (format != "pretty") check_format(format);
  const std::string number = kCompatible;
  if (format == "json") {
    print(nlohmann::ordered_json{{"version", 'v' + number}, {"compose", kVersion}}.dump() + '\n');
  } else if (brief) {
    print(number + '\n');
  } else {
    print("Docker Compose version v" + number + " (compatible; this is compose " + kVersion + ")\n");
  }
  return 0;
}

}  // namespace compose::cli
