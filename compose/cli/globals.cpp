#include "compose/cli/globals.h"

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/ui/progress.h"

namespace compose::cli {

CommandLine parse_globals(const std::vector<std::string>& args, const std::vector<CommandEntry>& commands) {
  CommandLine line;
  Globals& globals = line.globals;
  Arguments flags("[OPTIONS] COMMAND", "Define and run multi-container applications from Compose files.");
  flags.list("-f,--file", globals.files, "Compose file (repeatable, - is standard input)");
  flags.option("-p,--project-name", globals.project_name, "Project name");
  flags.option("--project-directory", globals.project_directory, "Folder that relative paths start from");
  flags.list("--env-file", globals.env_files, "Environment file instead of .env (repeatable)");
  flags.list("--profile", globals.profiles, "Profile to enable (repeatable, * is all)");
  flags.option("--ansi", globals.ansi, "Colours and cursor control: never, always, auto");
  flags.option("--progress", globals.progress, "How progress is shown: auto, tty, plain, json, quiet");
  flags.option("--parallel", globals.parallel, "At most this many steps at once, -1: no limit");
  flags.flag("--dry-run", globals.dry_run, "Print what would be done, with reasons, and do nothing");
  flags.option("--data-root", globals.data_root, "Folder of images, volumes and state (COMPOSE_DATA_ROOT)");
  flags.option("--run-root", globals.run_root, "Folder of what lives until reboot (COMPOSE_RUN_ROOT)");
  flags.flag("--no-bundled-lb", globals.no_bundled_lb,
             "Pull dockercloud/haproxy instead of using the bundled compose/lb");
  flags.option("--log-level", globals.log_level, "error, warn, info, debug (COMPOSE_LOG)");
  flags.flag("-v,--version", globals.version, "Show the version");
  flags.flag("--all-resources", globals.all_resources,
             "Networks, volumes and the like that no service uses too (COMPOSE_ALL_RESOURCES)");
  flags.flag("--compatibility", globals.compatibility,
             "_ in the names of containers, as docker-compose 1.x (COMPOSE_COMPATIBILITY)");
  flags.commands(commands);
  flags.stop_at_positional();
  std::vector<std::string> rest = flags.parse(args);

  if (!globals.ansi.empty() && globals.ansi != "never" && globals.ansi != "always" && globals.ansi != "auto")
    throw UsageError("invalid value '" + globals.ansi + "' for --ansi: it must be never, always or auto");
  if (!ui::progress_mode(globals.progress))
    throw UsageError("invalid value '" + globals.progress +
                     "' for --progress: it must be auto, tty, plain, json or quiet");
  if (globals.parallel && (*globals.parallel == 0 || *globals.parallel < -1))
    throw UsageError("invalid value for --parallel: it must be -1 or at least 1");
  if (!rest.empty()) {
    line.command = rest.front();
    line.args.assign(rest.begin() + 1, rest.end());
  }
  return line;
}

}  // namespace compose::cli
