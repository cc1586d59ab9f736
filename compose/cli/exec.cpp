#include <signal.h>
#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/attach.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/plan/inventory.h"

namespace compose::cli {

int exec_command(Context& context, const Words& args) {
  engine::ExecRequest request;
  std::vector<std::string> env;
  bool no_tty = false, tty = true, interactive = true;
  std::optional<int64_t> index;
  Arguments arguments("exec [OPTIONS] SERVICE COMMAND [ARGS...]", "Run a program in a running container.");
  arguments.flag("-d,--detach", request.detach, "Do not wait for it");
  arguments.list("-e,--env", env, "NAME=VALUE; NAME alone takes the value from here");
  arguments.option("--index", index, "Number of the container");
  arguments.flag("-T,--no-tty", no_tty,
                 "No pseudo terminal; one is used when input and output are terminals");
  arguments.flag("-t,--tty", tty, "Pseudo terminal (the default)");
  arguments.flag("-i,--interactive", interactive, "Keep standard input (the default)");
  arguments.flag("--privileged", request.privileged, "With all capabilities");
  arguments.option("-u,--user", request.user, "User, user:group, or their numbers");
  arguments.option("-w,--workdir", request.working_dir, "Folder to run in");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be run, and do nothing");
  arguments.stop_at_positional();
  arguments.positionals(2, -1, "SERVICE and COMMAND");
  const Words words = arguments.parse(args);
  if (!context.globals().dry_run) context.begin_early(engine::Soon::kExec);

  request.args.assign(words.begin() + 1, words.end());
  request.tty =
      tty && !no_tty && !request.detach && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  for (const std::string& text : env) {
    if (text.empty() || text[0] == '=')
      throw UsageError("invalid --env '" + text + "': it must be NAME=VALUE");
    if (text.find('=') != std::string::npos) {
      request.env.push_back(text);
    } else if (const auto value = context.find_variable(text)) {
      request.env.push_back(text + '=' + *value);
    }
  }
  const auto container = replica(context, context.project_name(), words.front(), index);
  if (!is_up(container)) throw CommandError("service \"" + words.front() + "\" is not running");
  if (context.globals().dry_run) {
    print("Execute in Container " + container.name + ": " + join(request.args, " ") + '\n');
    return 0;
  }
  request.interactive = interactive;
  request.detach_keys = detach_keys();
  // Whether our reader has gone is told by write(2), and the program is then told as well.
  ::signal(SIGPIPE, SIG_IGN);
  return context.engine().exec(container.id, std::move(request));
}

}  // namespace compose::cli
