#include "compose/cli/commands.h"

#include <fmt/format.h>

#include "parser/load.h"

namespace compose::cli {
namespace {

constexpr Command kCommands[] = {
    {"__address", address_command, "", false},
    {"__complete", complete_command, "", false},
    {"__describe", describe_json_command, "", false},
    {"__man", man_command, "", false},
    {"attach", attach_command, "Connect with a service's running container", false},
    {"build", build_command, "Build or rebuild services' images"},
    {"builder", builder_command, "The cache of builds: prune", false},
    {"check", check_command, "Tell which attributes of the files are honoured"},
    {"commit", commit_command, "Make an image from a service's container"},
    {"completion", completion_command, "Print the script that completes commands in a shell", false},
    {"config", config_command, "Check the files and show them merged, in canonical form"},
    {"container", container_command,
     "Containers of the engine: run, create, ls, start, stop, restart, kill, rm, exec, inspect, port, prune, "
     "rename, wait, logs, diff, commit, export, cp",
     false},
    {"convert", config_command, "Same as config"},
    {"cp", cp_command, "Copy files between services' containers and here"},
    {"create", create_command, "Create containers without starting them"},
    {"down", down_command, "Stop and remove containers and networks"},
    {"events", events_command, "Show what happens to containers"},
    {"exec", exec_command, "Run a program in a running container"},
    {"export", export_command, "Write a container's file system as a tar archive"},
    {"image", image_command,
     "Images of the store: ls, pull, push, tag, rm, inspect, history, save, load, import, prune", false},
    {"images", images_command, "List the images that containers use"},
    {"install-alias", install_alias_command, "Make docker-compose and docker start this program", false},
    {"kill", kill_command, "Send a signal to containers, SIGKILL by default"},
    {"login", login_command, "Log in to a registry", false},
    {"logout", logout_command, "Forget the credentials for a registry", false},
    {"lb", lb_command, "Show what the load balancers do", false},
    {"logs", logs_command, "Show what containers wrote"},
    {"ls", ls_command, "List projects"},
    {"network", network_command,
     "Networks of the engine: create, ls, inspect, connect, disconnect, prune, rm", false},
    {"pause", pause_command, "Halt the processes of running containers"},
    {"port", port_command, "Show where a container's port is published"},
    {"ps", ps_command, "List containers"},
    {"publish", publish_command, "Keep the project in a registry, to be run from there"},
    {"pull", pull_command, "Fetch services' images from registries"},
    {"push", push_command, "Send built images to registries"},
    {"restart", restart_command, "Restart containers"},
    {"rm", rm_command, "Remove stopped containers"},
    {"run", run_command, "Run a command in a new container of a service"},
    {"scale", scale_command, "Set the number of containers of services"},
    {"start", start_command, "Start containers that exist"},
    {"stats", stats_command, "Show what containers use of the machine"},
    {"stop", stop_command, "Stop containers"},
    {"system", system_command, "This engine: df, events, info, prune", false},
    {"tidy", tidy_command, "Release what ended containers and killed commands left behind", false},
    {"top", top_command, "Show the processes of containers"},
    {"unpause", unpause_command, "Let paused containers go on"},
    {"up", up_command, "Create and start containers"},
    {"version", version_command, "Show the version"},
    {"volume", volume_command, "Volumes of the engine: create, ls, inspect, prune, rm", false},
    {"volumes", volumes_command, "List the project's volumes"},
    {"wait", wait_command, "Wait until containers have ended"},
    {"why", why_command, "Tell what up would do to each container, and why"},
    {"watch", watch_command, "Bring changed files into containers, or rebuild and restart them"},
};

}  // namespace

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::vector<CommandEntry> command_list() {
  std::vector<CommandEntry> entries;
  for (const Command& command : kCommands)
    if (command.run != nullptr && !command.summary.empty())
      entries.push_back({std::string(command.name), std::string(command.summary)});
  return entries;
}

std::string unknown_command(const std::string& name) {
  std::vector<std::string> names{"help"};
  for (const Command& command : kCommands)
    if (!command.name.starts_with("__")) names.emplace_back(command.name);
  const std::string near = parser::closest(name, names);
  return fmt::format("unknown command: {}{}", name,
                     near.empty() ? ", see `compose --help`" : ", did you mean '" + near + "'?");
}

}  // namespace compose::cli
