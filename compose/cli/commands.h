#pragma once
// The commands, one file each. A command gets the words after its name and returns the exit code; it throws
// UsageError, CommandError, HelpWanted, parser::LoadError, PlanError, engine::Error, sys::Error.
#include <string>
#include <string_view>
#include <vector>

#include "compose/cli/context.h"

namespace compose::cli {

using Words = std::vector<std::string>;

int address_command(Context& context, const Words& args);
int attach_command(Context& context, const Words& args);
int build_command(Context& context, const Words& args);
int builder_command(Context& context, const Words& args);
int check_command(Context& context, const Words& args);
int commit_command(Context& context, const Words& args);
int complete_command(Context& context, const Words& args);
int completion_command(Context& context, const Words& args);
int config_command(Context& context, const Words& args);
int container_command(Context& context, const Words& args);
int cp_command(Context& context, const Words& args);
int create_command(Context& context, const Words& args);
int describe_json_command(Context& context, const Words& args);
int down_command(Context& context, const Words& args);
int events_command(Context& context, const Words& args);
int exec_command(Context& context, const Words& args);
int export_command(Context& context, const Words& args);
int image_command(Context& context, const Words& args);
int images_command(Context& context, const Words& args);
int install_alias_command(Context& context, const Words& args);
int kill_command(Context& context, const Words& args);
int lb_command(Context& context, const Words& args);
int login_command(Context& context, const Words& args);
int logout_command(Context& context, const Words& args);
int logs_command(Context& context, const Words& args);
int ls_command(Context& context, const Words& args);
int man_command(Context& context, const Words& args);
int network_command(Context& context, const Words& args);
int pause_command(Context& context, const Words& args);
int port_command(Context& context, const Words& args);
int ps_command(Context& context, const Words& args);
int publish_command(Context& context, const Words& args);
int pull_command(Context& context, const Words& args);
int push_command(Context& context, const Words& args);
int restart_command(Context& context, const Words& args);
int rm_command(Context& context, const Words& args);
int run_command(Context& context, const Words& args);
int scale_command(Context& context, const Words& args);
int start_command(Context& context, const Words& args);
int stats_command(Context& context, const Words& args);
int stop_command(Context& context, const Words& args);
int system_command(Context& context, const Words& args);
int tidy_command(Context& context, const Words& args);
int top_command(Context& context, const Words& args);
int unpause_command(Context& context, const Words& args);
int up_command(Context& context, const Words& args);
int version_command(Context& context, const Words& args);
int volume_command(Context& context, const Words& args);
int volumes_command(Context& context, const Words& args);
int wait_command(Context& context, const Words& args);
int watch_command(Context& context, const Words& args);
int why_command(Context& context, const Words& args);

struct Command {
  std::string_view name;
  int (*run)(Context& context,
             const Words& args);  // null: a command of docker compose that is not supported yet
  std::string_view summary;       // empty: not for people, not shown
  bool can_dry_run = true;        // a command that changes nothing is its own dry run
};

// Nothing for an unknown name.
const Command* find_command(std::string_view name);
// The supported commands, for the help.
std::vector<CommandEntry> command_list();
// "unknown command: Images, did you mean 'images'?"
std::string unknown_command(const std::string& name);

// Parses the command line, runs the command, prints what went wrong. Returns the exit code. `name`: what the
// program was called as, see docker_words.h.
int main(const std::string& name, const std::vector<std::string>& args);

}  // namespace compose::cli
