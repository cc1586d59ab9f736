#include "compose/cli/arguments.h"
#include "compose/cli/attach.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/failure.h"
#include "compose/cli/foreground.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"

namespace compose::cli {
namespace {

int start_attached(Context& context, const std::string& name, bool interactive, const std::string& keys) {
  const engine::ContainerInfo container = named_container(context, name);
  const engine::ContainerConfig config = context.engine().configuration_of(container.id);
  context.engine().reconcile();
  if (is_up(container)) {
    AttachFlags flags;
    flags.no_stdin = !interactive;
    flags.detach_keys = keys;
    return attach(context, container, flags);
  }
  Signals signals;
  Foreground what;
  what.id = container.id;
  what.name = container.name;
  what.input = interactive && config.stdin_open;
  what.detach_keys = keys;
  what.remove = config.auto_remove;
  what.fresh = false;
  return run_in_foreground(context, signals, what);
}

}  // namespace

int container_start(Context& context, const Words& args) {
  bool attached = false, interactive = false;
  std::string detach_keys;
  Arguments arguments("container start [OPTIONS] CONTAINER...", "Start containers that exist.");
  arguments.flag("-a,--attach", attached,
                 "Show what it writes until it has ended; its exit code is the command's");
  arguments.flag("-i,--interactive", interactive, "Give it our standard input as well");
  arguments.option("--detach-keys", detach_keys, "Keys that let go of it, ctrl-p,ctrl-q by default");
  for (const char* name : {"--checkpoint", "--checkpoint-dir"}) arguments.refuse_option(name);
  arguments.positionals(1, -1, "CONTAINER");
  const Words names = arguments.parse(args);
  if (attached || interactive) {
    if (names.size() > 1) throw CommandError("only one container can be started attached");
    return start_attached(context, names.front(), interactive, detach_keys);
  }
  return for_each_container(
      context, "start", names, Pace::kInTurn,
      [&](const engine::ContainerInfo& container) { context.engine().start_container(container.id); });
}

}  // namespace compose::cli
