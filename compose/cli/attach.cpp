#include "compose/cli/attach.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/container.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "engine/container/detach_keys.h"
#include "engine/registry/docker_config.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

void attach_flags(Arguments& arguments, AttachFlags& flags) {
  arguments.option("--detach-keys", flags.detach_keys,
                   "Keys that let go of a terminal: \"ctrl-x,x\"; ctrl-p,ctrl-q by default");
  arguments.flag("--no-stdin", flags.no_stdin, "Give it no input");
  arguments.flag("--sig-proxy", flags.sig_proxy, "Pass signals on to the program (the default)");
}

// What the connection's end means for the command.
int exit_code(Context& context, const engine::ContainerInfo& container, const engine::RelayEnd& end) {
  using How = engine::RelayEnd::How;
  switch (end.how) {
    case How::kEnded:
      return end.exit_code;
    case How::kDetached:
      tell_detached();
      return kExitOk;
    case How::kCancelled:
      return kExitCancelled;
    case How::kTooSlow:
      throw CommandError("what container " + container.name + " wrote was not taken for " +
                         std::to_string(engine::kAttachPatienceMs / 1000) +
                         " s: it goes on without this command; all of it is in its log");
    case How::kLost:
      break;
  }
  context.engine().reconcile();  // gives it a new monitor
  throw CommandError("the monitor of container " + container.name +
                     " was killed; attach again to go on with it");
}

}  // namespace

std::string detach_keys(const std::string& given) {
  if (!given.empty()) return engine::parse_detach_keys(given);
  try {
    if (std::getenv("HOME") == nullptr && std::getenv("DOCKER_CONFIG") == nullptr)
      return engine::parse_detach_keys("");
    const auto text = sys::read_file_if_exists(engine::registry::docker_config_path());
    const auto config = nlohmann::json::parse(text.value_or("{}"), nullptr, false);
    if (config.is_object() && config.contains("detachKeys") && config["detachKeys"].is_string())
      return engine::parse_detach_keys(config["detachKeys"].get<std::string>());
  } catch (
      const sys::Error&) {  // NOLINT(bugprone-empty-catch): whoever cannot read it has no keys of his own
  }
  return engine::parse_detach_keys("");
}

void tell_detached() {
  tell("read escape sequence\n");
}

int attach(Context& context, const engine::ContainerInfo& container, const AttachFlags& flags) {
  const std::string keys = detach_keys(flags.detach_keys);
  engine::Engine& engine = context.engine();
  Signals signals;
  engine::Attached streams = engine.attach_container(container.id, !flags.no_stdin);
  if (streams.terminal && streams.takes_input && ::isatty(STDIN_FILENO) != 1) {
    throw CommandError("standard input is not a terminal, but container " + container.name +
                       " has one: use --no-stdin");
  }
  // A reader of our output that goes is told by write(2).
  ::signal(SIGPIPE, SIG_IGN);
  if (flags.sig_proxy && !streams.terminal) {
    signals.forward([&](int signal) {
      try {
        engine.kill_container(container.id, std::to_string(signal));
      } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it has ended
      }
    });
  }
  return exit_code(context, container,
                   engine::relay(std::move(streams), {keys, signals.first().fd(), nullptr}));
}

int attach_command(Context& context, const Words& args) {
  AttachFlags flags;
  std::optional<int64_t> index;
  Arguments arguments("attach [OPTIONS] SERVICE",
                      "Connect standard input, output and errors with a service's running container.");
  arguments.option("--index", index, "Number of the container");
  attach_flags(arguments, flags);
  arguments.positionals(1, 1, "SERVICE");
  const std::string service = arguments.parse(args).front();
  return attach(context, replica(context, context.project_name(), service, index), flags);
}

int container_attach(Context& context, const Words& args) {
  AttachFlags flags;
  Arguments arguments("container attach [OPTIONS] CONTAINER",
                      "Connect standard input, output and errors with a running container.");
  attach_flags(arguments, flags);
  arguments.positionals(1, 1, "CONTAINER");
  return attach(context, named_container(context, arguments.parse(args).front()), flags);
}

}  // namespace compose::cli
