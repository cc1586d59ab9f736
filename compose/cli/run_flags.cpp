#include "compose/cli/run_flags.h"

#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"

namespace compose::cli {
namespace {

struct Terminal {
  bool none = false;        // -T
  std::optional<bool> any;  // -t
};

// A terminal where there is one at both ends; with no input wanted the output alone decides.
bool wants_terminal(const Terminal& asked, const RunFlags& flags) {
  refuse_together(asked.any && asked.none, "--tty", "--no-tty");
  if (asked.none || !asked.any.value_or(true)) return false;
  const bool input = !flags.wishes.interactive || ::isatty(STDIN_FILENO) == 1;
  if (!asked.any) return input && ::isatty(STDOUT_FILENO) == 1;
  if (!input && !flags.detach)
    throw CommandError("--tty: the input device is not a terminal; without --tty it need not be one");
  return true;
}

void process_flags(Arguments& arguments, RunFlags& flags) {
  parser::ServiceFlags& attributes = flags.attributes;
  arguments.option("--entrypoint", attributes.entrypoint,
                   "Program before the command instead of the image's");
  arguments.list("-e,--env", attributes.environment, "NAME=VALUE; NAME alone takes the value from here");
  arguments.list("--env-from-file", attributes.env_files, "File of variables");
  arguments.option("-u,--user", flags.wishes.user, "User, user:group, or their numbers");
  arguments.option("-w,--workdir", flags.wishes.working_dir, "Folder to run in");
  arguments.list("--cap-add", attributes.cap_add, "Capability to have as well");
  arguments.list("--cap-drop", attributes.cap_drop, "Capability not to have");
}

void container_flags(Arguments& arguments, RunFlags& flags) {
  parser::ServiceFlags& attributes = flags.attributes;
  arguments.option("--name", flags.name, "Name of the container");
  arguments.list("-l,--label,--labels", attributes.labels, "NAME=VALUE");
  arguments.list("-v,--volume,--volumes", attributes.volumes, "[SOURCE:]TARGET[:OPTIONS] to mount");
  arguments.list("-p,--publish", attributes.ports, "[[IP:]HOST:]CONTAINER[/PROTOCOL] port to publish");
  arguments.flag("-P,--service-ports", flags.wishes.service_ports, "Publish the service's ports");
  arguments.flag("--use-aliases", flags.use_aliases, "Answer to the service's names on its networks");
}

}  // namespace

RunFlags parse_run(Context& context, const std::vector<std::string>& args) {
  RunFlags flags;
  Terminal terminal;
  flags.wishes.interactive = true;
  Arguments arguments("run [OPTIONS] SERVICE [COMMAND] [ARGS...]",
                      "Run a command in a new container of a service, beside its others.");
  arguments.flag("-d,--detach", flags.detach, "Start it, print its name and return");
  arguments.flag("--rm", flags.remove, "Remove the container when it has ended");
  arguments.flag("-T,--no-tty,--no-TTY", terminal.none,
                 "No pseudo terminal; one is used when input and output are terminals");
  arguments.flag("-t,--tty", terminal.any, "Pseudo terminal");
  arguments.flag("-i,--interactive", flags.wishes.interactive, "Keep standard input (the default)");
  process_flags(arguments, flags);
  container_flags(arguments, flags);
  arguments.flag("--no-deps", flags.no_deps, "Do not start dependencies");
  arguments.flag("--remove-orphans", flags.remove_orphans,
                 "Remove containers of services no longer in the files");
  arguments.flag("--build", flags.build, "Build images before");
  arguments.option("--pull", flags.pull, "Fetch images before: always, missing, never or build");
  arguments.flag("-q,--quiet", flags.quiet, "Print nothing but what the command writes");
  arguments.flag("--quiet-build", flags.quiet_build, "Do not show build output");
  arguments.flag("--quiet-pull", flags.quiet_pull, "Do not show the progress of fetching images");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, with reasons, and do nothing");
  arguments.stop_at_positional();
  arguments.positionals(1, -1, "SERVICE");
  std::vector<std::string> words = arguments.parse(args);

  flags.service = words.front();
  flags.wishes.command.assign(words.begin() + 1, words.end());
  refuse_together(flags.wishes.service_ports && !flags.attributes.ports.empty(), "--service-ports",
                  "--publish");
  check_pull_policy(flags.pull);
  flags.wishes.tty = wants_terminal(terminal, flags);
  return flags;
}

}  // namespace compose::cli
