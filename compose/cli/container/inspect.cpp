#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/described.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/inspected.h"

namespace compose::cli {

int container_inspect(Context& context, const Words& args) {
  std::string format;
  bool size = false;
  Arguments arguments("container inspect [OPTIONS] CONTAINER...", "Show all about containers, as JSON.");
  arguments.option("-f,--format", format, "json (the default) or a template for each container");
  arguments.flag("-s,--size", size, "With the sizes of their files");
  arguments.positionals(1, -1, "CONTAINER");
  const Words names = arguments.parse(args);
  return inspect_all(context, names, format, [&](const std::string& name) {
    return described(context.engine(), named_container(context, name), size);
  });
}

}  // namespace compose::cli
