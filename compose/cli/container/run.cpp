// container run and container create: a container of an image and flags, without a Compose file.
#include <unistd.h>

#include <future>

#include "compose/cli/arguments.h"
#include "compose/cli/container/made.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/failure.h"
#include "compose/cli/foreground.h"
#include "compose/cli/session.h"
#include "compose/ui/terminal.h"
#include "engine/error.h"

namespace compose::cli {
namespace {

// What of the three streams is attached. None named: output and error, and input with -i.
struct Streams {
  bool input = false, output = false, error = false;
};

Streams streams_of(const Words& names, bool interactive) {
  if (names.empty()) return {interactive, true, true};
  Streams streams;
  for (std::string name : names) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name != "stdin" && name != "stdout" && name != "stderr")
      throw CommandError("invalid --attach '" + name + "': it must be stdin, stdout or stderr");
    (name == "stdin" ? streams.input : name == "stdout" ? streams.output : streams.error) = true;
  }
  return streams;
}

struct RunWish {
  bool detach = false, sig_proxy = true;
  std::string detach_keys;
  Words attach;
};

int start_detached(Context& context, const engine::ContainerInfo& container, bool remove) {
  try {
    context.engine().start_container(container.id);
  } catch (const engine::Error& error) {
    context.show_error(error.what());
    if (remove) context.engine().remove_container(container.id, true, true);
    return start_failure(error);
  }
  print(container.id + '\n');
  return kExitOk;
}

// What others left has nothing to do with how our container ended.
void finish(Context& context, std::future<void>& upkeep) {
  try {
    upkeep.get();
  } catch (const std::exception& error) {
    context.log(LogLevel::kWarn,
                std::string("what ended containers left is not cleared away: ") + error.what());
  }
}

int run_container(Context& context, const Words& args) {
  RunWish wish;
  Arguments arguments("container run [OPTIONS] IMAGE [COMMAND] [ARG...]",
                      "Make a container of an image and start it.");
  CreateFlags flags(arguments);
  arguments.flag("-d,--detach", wish.detach, "Leave it in the background and print its id");
  arguments.list("-a,--attach", wish.attach, "Only stdin, stdout or stderr (repeatable)");
  arguments.flag("--sig-proxy", wish.sig_proxy, "Pass signals on to it (the default)");
  arguments.option("--detach-keys", wish.detach_keys, "Keys that let go of it, ctrl-p,ctrl-q by default");
  arguments.stop_at_positional();
  arguments.positionals(1, -1, "IMAGE");
  const Words words = arguments.parse(args);
  refuse_together(wish.detach && !wish.attach.empty(), "--detach", "--attach");
  const Streams streams = streams_of(wish.attach, flags.interactive);
  if (flags.tty && flags.interactive && !wish.detach && !ui::is_terminal(STDIN_FILENO))
    throw CommandError("--tty: the input device is not a terminal; without --tty it need not be one");

  Signals signals;
  context.begin_early(flags.has_network() ? engine::Soon::kStartWithNames : engine::Soon::kStart);
  const engine::ContainerInfo container =
      make_container(context, flags, words, wish.detach ? Use::kStart : Use::kForeground, signals.first());
  if (signals.first().cancelled()) {
    context.engine().remove_container(container.id, true, true);
    return kExitCancelled;
  }
  if (wish.detach) return start_detached(context, container, flags.remove);
  Foreground what;
  what.id = container.id;
  what.name = container.name;
  what.input = streams.input;
  what.output = streams.output;
  what.error = streams.error;
  what.remove = flags.remove;
  what.pass_signals = wish.sig_proxy;
  what.detach_keys = wish.detach_keys;
  // A program that is soon over leaves what others left to the next command: to look for it would take the
  // processor from its own end.
  std::future<void> upkeep;
  what.lasting = [&] {
    upkeep = std::async(std::launch::async, [&engine = context.engine()] { engine.reconcile(); });
  };
  const int code = run_in_foreground(context, signals, what);
  if (upkeep.valid()) finish(context, upkeep);
  return code;
}

int create_container(Context& context, const Words& args) {
  Arguments arguments("container create [OPTIONS] IMAGE [COMMAND] [ARG...]",
                      "Make a container of an image, without starting it.");
  CreateFlags flags(arguments);
  arguments.refuse_option("-a,--attach");
  arguments.stop_at_positional();
  arguments.positionals(1, -1, "IMAGE");
  const Words words = arguments.parse(args);
  const Signals signals;
  print(make_container(context, flags, words, Use::kWait, signals.first()).id + '\n');
  return kExitOk;
}

}  // namespace

int container_run(Context& context, const Words& args) {
  return as_docker_run(context, "run", [&] { return run_container(context, args); });
}

int container_create(Context& context, const Words& args) {
  return as_docker_run(context, "create", [&] { return create_container(context, args); });
}

}  // namespace compose::cli
