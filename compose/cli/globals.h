#pragma once
// The flags before the command, and the command's own words.
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/description.h"

namespace compose::cli {

struct Globals {
  std::vector<std::string> files, env_files, profiles;
  std::string project_name, project_directory;
  std::string ansi, progress, log_level;  // empty: not given
  std::string data_root, run_root;        // empty: not given
  std::optional<int64_t> parallel;
  bool dry_run = false;
  bool all_resources = false, compatibility = false;  // the same as their variables
  bool no_bundled_lb = false;
  bool version = false;
};

struct CommandLine {
  Globals globals;
  std::string command;  // empty: none given
  std::vector<std::string> args;
};

// Throws UsageError, CommandError, HelpWanted (with `commands` at the end).
CommandLine parse_globals(const std::vector<std::string>& args, const std::vector<CommandEntry>& commands);

}  // namespace compose::cli
