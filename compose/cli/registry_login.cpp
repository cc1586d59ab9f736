// login and logout.
#include <termios.h>
#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/ui/terminal.h"
#include "engine/registry/login.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {

// What is typed is not shown. The terminal is as before when this is gone.
class HiddenInput {
 public:
  HiddenInput() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenInput() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string read_line() {
  std::string line;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') line += byte;
  return without_line_end(line);
}

std::string ask(const std::string& question) {
  if (!ui::is_terminal(STDIN_FILENO))
    throw CommandError(
        "login asks for what is not given, and standard input is no terminal: give -u USER and "
        "--password-stdin");
  tell(question);
  return read_line();
}

void ask_for_missing(engine::LoginRequest& request) {
  if (request.user.empty()) {
    const std::string known = engine::login_user(request.server);
    request.user = ask(known.empty() ? "Username: " : "Username (" + known + "): ");
    if (request.user.empty()) request.user = known;
    if (request.user.empty()) throw CommandError("login: a user name is needed");
  }
  if (request.password.empty()) {
    const HiddenInput hidden;
    request.password = ask("Password: ");
    tell("\n");
    if (request.password.empty()) throw CommandError("login: a password is needed");
  }
}

}  // namespace

int login_command(Context& context, const Words& args) {
  engine::LoginRequest request;
  bool from_stdin = false;
  Arguments arguments("login [OPTIONS] [SERVER]",
                      "Log in to a registry (Docker Hub when none is named). The credentials are kept where\n"
                      "docker keeps its own, so that either program's login serves both.");
  arguments.option("-u,--username", request.user, "User name");
  arguments.option("-p,--password", request.password, "Password or token");
  arguments.flag("--password-stdin", from_stdin, "Read the password from standard input");
  arguments.positionals(0, 1, "SERVER");
  const Words words = arguments.parse(args);
  if (!words.empty()) request.server = words[0];
  if (from_stdin) {
    if (!request.password.empty()) throw UsageError("--password and --password-stdin exclude each other");
    if (request.user.empty()) throw UsageError("--password-stdin needs -u USER");
    request.password = without_line_end(sys::read_all(STDIN_FILENO));
    if (request.password.empty()) throw CommandError("login: standard input holds no password");
  } else if (!request.password.empty()) {
    context.log(LogLevel::kWarn,
                "a password on the command line can be seen by other users: use --password-stdin");
  }
  ask_for_missing(request);
  const engine::LoginResult result = engine::login(request);
  if (!result.warning.empty()) context.log(LogLevel::kWarn, result.warning);
  print("Login Succeeded\n");
  return 0;
}

int logout_command(Context&, const Words& args) {
  Arguments arguments("logout [SERVER]",
                      "Forget the credentials for a registry (Docker Hub when none is named).");
  arguments.positionals(0, 1, "SERVER");
  const Words words = arguments.parse(args);
  const std::string server = words.empty() ? "" : words[0];
  const std::string name = engine::login_server(server);
  print(engine::logout(server) ? "Removing login credentials for " + name + '\n'
                               : "Not logged in to " + name + '\n');
  return 0;
}

}  // namespace compose::cli
