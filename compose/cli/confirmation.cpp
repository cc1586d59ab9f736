#include "compose/cli/confirmation.h"

#include <unistd.h>

#include "compose/cli/context.h"
#include "compose/cli/failure.h"
#include "compose/ui/terminal.h"

namespace compose::cli {

bool confirmed(const std::string& warning) {
  if (!ui::is_terminal(STDIN_FILENO))
    throw CommandError("nobody can be asked, as standard input is no terminal; -f removes without asking");
  print("WARNING! " + warning + "\nAre you sure you want to continue? [y/N] ");
  std::string answer;
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') answer += c;
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

}  // namespace compose::cli
