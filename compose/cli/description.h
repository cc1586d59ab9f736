#pragma once
// What a command takes, as data. Help, manual pages, shell completion and the list of flags are all made from
// it, so that none of them can say something else than the program does.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace compose::cli {

struct FlagDescription {
  std::string names;    // "-d,--detach"
  std::string help{};   // empty for a refused one
  std::string value{};  // what its value is called, see flag_values.h; empty: it takes none
  bool repeatable = false;
  bool refused = false;  // a flag of docker's that is known but not supported: not shown
};

struct CommandEntry {
  std::string name, summary;
};

struct Description {
  std::string usage;  // what follows "compose": "up [OPTIONS] [SERVICE...]"
  std::string summary;
  std::vector<FlagDescription> flags;
  std::vector<CommandEntry> commands;  // of a family, and of the program itself
  bool stops_at_positional = false;    // what follows the first positional argument is not ours

  // "up", "container run"; empty for the program itself.
  std::string command() const;
  // The words of the usage that stand for arguments: {"SERVICE", "COMMAND", "ARGS..."}.
  std::vector<std::string> arguments() const;
};

// What --help prints.
std::string help_text(const Description& description);

// Calls `visit` with each of "-d,--detach", as std::string_view.
template <typename Visit>
void each_name(std::string_view names, const Visit& visit) {
  for (size_t begin = 0; begin < names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    visit(names.substr(begin, end - begin));
    begin = end + 1;
  }
}
// {"-d", "--detach"}.
std::vector<std::string> flag_names(const FlagDescription& flag);

}  // namespace compose::cli
