#pragma once
// What `up` was asked to do: its flags read, their conflicts and shorthands resolved.
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/attachment.h"
#include "compose/cli/context.h"
#include "compose/plan/planner.h"

namespace compose::cli {

struct UpFlags {
  std::vector<std::string> services;
  bool detach = false, wait = false, no_start = false;
  bool build = false, no_build = false, quiet_build = false, quiet_pull = false;
  std::string pull;  // policy for all services; empty: their own
  bool force_recreate = false, no_recreate = false, always_recreate_deps = false, renew_anonymous = false;
  bool no_deps = false, remove_orphans = false, assume_yes = false;
  bool abort_on_exit = false, abort_on_failure = false;
  bool attach_dependencies = false;
  bool watch = false;
  std::optional<bool> menu;
  bool no_colour = false, no_prefix = false, timestamps = false;
  std::vector<std::string> scale, attach, no_attach;
  std::string exit_code_from;
  std::optional<int64_t> timeout_s, wait_timeout_s;
};

// Throws UsageError, CommandError (conflicting flags).
UpFlags parse_up(Context& context, const std::vector<std::string>& args);
// `create` is an `up` that starts nothing.
UpFlags parse_create(Context& context, const std::vector<std::string>& args);

UpOptions up_options(Context& context, const parser::Project& project, const UpFlags& flags);
AttachRules attach_rules(const parser::Project& project, const UpFlags& flags);

// The command itself (up.cpp); `command` is what others who wait for it are told. Returns the exit code.
int run_up(Context& context, const std::string& command, const UpFlags& flags);

}  // namespace compose::cli
