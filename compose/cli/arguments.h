#pragma once
// The flags of one command. A thin front of CLI11, so that its header is compiled once: flags are declared
// onto the variables they set, then `parse` fills them and gives back the positional arguments.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/description.h"

namespace compose::cli {

class Arguments {
 public:
  // `usage`: what follows "compose" on the usage line, "up [OPTIONS] [SERVICE...]".
  Arguments(const std::string& usage, const std::string& summary);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // `names`: "-d,--detach". A flag may also be given as --detach=false or -d=false.
  void flag(const std::string& names, bool& value, const std::string& help);
  // Unset when it is not given.
  void flag(const std::string& names, std::optional<bool>& value, const std::string& help);
  void option(const std::string& names, std::string& value, const std::string& help);
  void option(const std::string& names, std::optional<std::string>& value, const std::string& help);
  // Whole numbers; anything else is a usage error.
  void option(const std::string& names, std::optional<int64_t>& value, const std::string& help);
  void list(const std::string& names, std::vector<std::string>& values, const std::string& help);
  // Flags of docker compose that the engine cannot honour yet: using one is an error that names it.
  void refuse_flag(const std::string& names);
  void refuse_option(const std::string& names);
  // -h is a flag of the command's own: only --help shows the help.
  void free_short_help();
  // Only flags before the first positional argument are ours (exec).
  void stop_at_positional();
  // How many positional arguments there must be; `max` -1: any number.
  void positionals(int min, int max, const std::string& what);
  // Told with the help of a command that has others below it.
  void commands(std::vector<CommandEntry> entries);

  // Throws UsageError (with the nearest flag for an unknown one), CommandError for a refused flag,
  // HelpWanted.
  std::vector<std::string> parse(std::vector<std::string> args);

 private:
  struct Impl;
  void declare(FlagDescription flag, std::function<void()> add);
  std::unique_ptr<Impl> impl_;
};

// "10", "-1"; throws UsageError naming `flag`.
int64_t whole_number(const std::string& text, const std::string& flag);

}  // namespace compose::cli
