#include "compose/cli/confirmation.h"

#include <poll.h>
#include <unistd.h>

#include <optional>

#include "compose/cli/context.h"
#include "compose/cli/failure.h"
#include "compose/ui/terminal.h"

namespace compose::cli {

namespace {

// Nothing at the end of the input.
std::optional<std::string> read_line() {
  std::string line;
  char c = 0;
  bool any = false;
  for (; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n'; any = true) line += c;
  return any || c == '\n' ? std::optional(line) : std::nullopt;
}

bool is_yes(const std::string& answer) {
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

// A pipe may stay open for ever without a word in it.
bool has_input() {
  constexpr int kPatienceMs = 200;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, kPatienceMs) == 1;
}

}  // namespace

bool confirmed(const std::string& warning) {
  if (!ui::is_terminal(STDIN_FILENO))
    throw CommandError("nobody can be asked, as standard input is no terminal; -f removes without asking");
  print("WARNING! " + warning + "\nAre you sure you want to continue? [y/N] ");
  return is_yes(read_line().value_or(""));
}

bool agreed(const std::string& question, bool usual, const std::string& way_out) {
  print(question + (usual ? " [Y/n] " : " [y/N] "));
  const bool terminal = ui::is_terminal(STDIN_FILENO);
  std::optional<std::string> answer;
  if (terminal || has_input()) answer = read_line();
  if (!terminal) print("\n");
  if (!answer && !terminal)
    throw CommandError("nobody can be asked, as standard input is no terminal; " + way_out);
  if (answer && answer->empty()) return usual;
  return answer && is_yes(*answer);
}

}  // namespace compose::cli
