#include "compose/cli/container.h"

#include "compose/cli/arguments.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/cli/subcommands.h"
#include "engine/life.h"

namespace compose::cli {
namespace {

int container_stop(Context& context, const Words& args) {
  std::optional<int64_t> timeout_s;
  engine::StopRequest request;
  Arguments arguments("container stop [OPTIONS] CONTAINER...", "Stop containers without removing them.");
  arguments.option("-s,--signal", request.signal, "Signal to stop them with instead of their own");
  arguments.option("-t,--time,--timeout", timeout_s, "Seconds to wait before killing");
  arguments.positionals(1, -1, "CONTAINER");
  const Words names = arguments.parse(args);
  request.grace_ms = to_milliseconds(timeout_s);
  if (!request.signal.empty()) engine::signal_number(request.signal);  // a bad name is told before all else
  return for_each_container(context, "stop", names, Pace::kTogether,
                            [&](const engine::ContainerInfo& container) {
                              engine::container_life(context.engine()).stop(container.id, request);
                            });
}

int container_restart(Context& context, const Words& args) {
  std::optional<int64_t> timeout_s;
  engine::StopRequest request;
  Arguments arguments("container restart [OPTIONS] CONTAINER...", "Stop containers and start them again.");
  arguments.option("-s,--signal", request.signal, "Signal to stop them with instead of their own");
  arguments.option("-t,--time,--timeout", timeout_s, "Seconds to wait before killing");
  arguments.positionals(1, -1, "CONTAINER");
  const Words names = arguments.parse(args);
  request.grace_ms = to_milliseconds(timeout_s);
  if (!request.signal.empty()) engine::signal_number(request.signal);
  return for_each_container(context, "restart", names, Pace::kInTurn,
                            [&](const engine::ContainerInfo& container) {
                              engine::container_life(context.engine()).restart(container.id, request);
                            });
}

// Without a project's lock: what holds it may be waiting for the very container.
int container_kill(Context& context, const Words& args) {
  std::string signal = "SIGKILL";
  Arguments arguments("container kill [OPTIONS] CONTAINER...", "Send a signal to running containers.");
  arguments.option("-s,--signal", signal, "Signal, by name or number; SIGKILL by default");
  arguments.positionals(1, -1, "CONTAINER");
  const Words names = arguments.parse(args);
  engine::signal_number(signal);  // a bad name is told before anything is done
  int code = kExitOk;
  for (const std::string& name : names) {
    try {
      context.engine().kill_container(named_container(context, name).id, signal);
      print(name + '\n');
    } catch (const engine::Error& error) {
      context.show_error(error.what());
      code = kExitError;
    }
  }
  return code;
}

int container_pause(Context& context, const Words& args) {
  Arguments arguments("container pause CONTAINER...", "Halt all processes of running containers.");
  arguments.positionals(1, -1, "CONTAINER");
  return for_each_container(
      context, "pause", arguments.parse(args), Pace::kTogether,
      [&](const engine::ContainerInfo& container) { context.engine().pause_container(container.id); });
}

int container_unpause(Context& context, const Words& args) {
  Arguments arguments("container unpause CONTAINER...", "Let paused containers go on.");
  arguments.positionals(1, -1, "CONTAINER");
  return for_each_container(
      context, "unpause", arguments.parse(args), Pace::kTogether,
      [&](const engine::ContainerInfo& container) { context.engine().unpause_container(container.id); });
}

int container_rm(Context& context, const Words& args) {
  bool force = false, volumes = false;
  Arguments arguments("container rm [OPTIONS] CONTAINER...", "Remove containers.");
  arguments.flag("-f,--force", force, "Kill those that run; a missing one is no failure");
  arguments.flag("-v,--volumes", volumes, "Remove their anonymous volumes too");
  arguments.refuse_flag("-l,--link");
  arguments.positionals(1, -1, "CONTAINER");
  Words names = arguments.parse(args);
  if (force) {
    std::erase_if(names, [&](const std::string& name) {
      if (context.engine().find_container(name)) return false;
      context.show_error("no such container: " + name);
      return true;
    });
  }
  return for_each_container(context, "rm", names, Pace::kTogether,
                            [&](const engine::ContainerInfo& container) {
                              context.engine().remove_container(container.id, force, volumes);
                            });
}

int container_diff(Context& context, const Words& args) {
  Arguments arguments(
      "container diff CONTAINER",
      "Show what a container changed about its image's files: A added, C changed, D deleted.");
  arguments.positionals(1, 1, "CONTAINER");
  const engine::ContainerInfo container = named_container(context, arguments.parse(args).front());
  std::string lines;
  for (const engine::PathChange& change : context.engine().container_changes(container.id))
    lines += std::string(1, static_cast<char>(change.kind)) + ' ' + change.path + '\n';
  print(lines);
  return kExitOk;
}

}  // namespace

engine::ContainerInfo named_container(Context& context, const std::string& name) {
  auto found = context.engine().find_container(name);
  if (!found) throw engine::Error(engine::Error::Kind::kNotFound, "no such container: " + name);
  return std::move(*found);
}

int container_command(Context& context, const Words& args) {
  return run_subcommand(context, "container",
                        {{"ls", container_ls, "List containers"},
                         {"ps", container_ls, "The same"},
                         {"list", container_ls, "The same"},
                         {"run", container_run, "Make a container of an image and start it"},
                         {"create", container_create, "Make a container of an image"},
                         {"attach", container_attach, "Connect with a running container"},
                         {"start", container_start, "Start containers that exist"},
                         {"stop", container_stop, "Stop containers without removing them"},
                         {"restart", container_restart, "Stop containers and start them again"},
                         {"kill", container_kill, "Send a signal to running containers"},
                         {"pause", container_pause, "Halt all processes of running containers"},
                         {"unpause", container_unpause, "Let paused containers go on"},
                         {"rm", container_rm, "Remove containers"},
                         {"stats", container_stats, "Show what containers use of the machine"},
                         {"top", container_top, "Show the processes of a container"},
                         {"remove", container_rm, "The same"},
                         {"cp", container_cp, "Copy files between a container and here"},
                         {"exec", container_exec, "Run a program in a running container"},
                         {"inspect", container_inspect, "Show all about containers"},
                         {"port", container_port, "Show where a container's ports are published"},
                         {"prune", container_prune, "Remove all containers that do not run"},
                         {"rename", container_rename, "Give a container another name"},
                         {"update", container_update, "Change limits and restart policy of containers"},
                         {"wait", container_wait, "Wait until containers have ended"},
                         {"logs", container_logs, "Show what a container wrote"},
                         {"diff", container_diff, "Show what a container changed about its image's files"},
                         {"commit", container_commit, "Make an image from a container"},
                         {"export", container_export, "Write a container's file system as a tar archive"}},
                        args);
}

}  // namespace compose::cli
