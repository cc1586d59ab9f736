#include <signal.h>
#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/attach.h"
#include "compose/cli/container.h"
#include "compose/cli/container/flag_forms.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/failure.h"
#include "compose/plan/inventory.h"
#include "compose/ui/terminal.h"

namespace compose::cli {
namespace {

std::vector<std::string> environment(Context& context, const Words& given, const Words& files) {
  parser::FlagDocument document;
  if (!given.empty()) document.pairs("environment", "--env", given, false);
  if (!files.empty()) raw_files_form(document, "env_file", "--env-file", files);
  const parser::LoadOptions here = context.load_options();
  document.complete(here.environment, here.working_directory);
  std::vector<std::string> env;
  for (const auto& [name, value] : document.service(here.environment, here.working_directory).environment)
    env.push_back(name + '=' + value);
  return env;
}

}  // namespace

int container_exec(Context& context, const Words& args) {
  engine::ExecRequest request;
  Words env, env_files;
  bool interactive = false;
  std::string keys;
  Arguments arguments("container exec [OPTIONS] CONTAINER COMMAND [ARG...]",
                      "Run a program in a running container.");
  arguments.flag("-d,--detach", request.detach, "Do not wait for it");
  arguments.option("--detach-keys", keys, "Keys that let go of it, ctrl-p,ctrl-q by default");
  arguments.list("-e,--env", env, "NAME=VALUE; NAME alone takes the value from here");
  arguments.list("--env-file", env_files, "File of variables");
  arguments.flag("-i,--interactive", interactive, "Keep standard input open");
  arguments.flag("--privileged", request.privileged, "With all capabilities");
  arguments.flag("-t,--tty", request.tty, "Pseudo terminal");
  arguments.option("-u,--user", request.user, "User, user:group, or their numbers");
  arguments.option("-w,--workdir", request.working_dir, "Folder to run in");
  arguments.stop_at_positional();
  arguments.positionals(2, -1, "CONTAINER and COMMAND");
  const Words words = arguments.parse(args);
  context.begin_early(engine::Soon::kExec);

  request.args.assign(words.begin() + 1, words.end());
  request.env = environment(context, env, env_files);
  if (request.detach) request.tty = false;
  if (request.tty && interactive && !ui::is_terminal(STDIN_FILENO))
    throw CommandError("--tty: the input device is not a terminal; without --tty it need not be one");
  const engine::ContainerInfo container = named_container(context, words.front());
  if (!is_up(container)) throw CommandError("container " + container.name + " is not running");
  request.interactive = interactive;
  request.detach_keys = detach_keys(keys);
  // Whether our reader has gone is told by write(2), and the program is then told as well.
  ::signal(SIGPIPE, SIG_IGN);
  return context.engine().exec(container.id, std::move(request));
}

}  // namespace compose::cli
