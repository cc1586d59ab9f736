#include "compose/cli/menu.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "compose/cli/output.h"
#include "compose/ui/terminal.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

constexpr int kNoticeMs = 8000;

std::string key(const std::string& name, const std::string& meaning, bool colour) {
  if (!colour) return name + ' ' + meaning;
  return "\x1b[1;7m" + name + "\x1b[0m \x1b[2m" + meaning + "\x1b[0m";
}

// As for the progress: --progress plain and its like mean that nothing is to be drawn.
bool may_draw(Context& context) {
  const Globals& globals = context.globals();
  const std::string progress =
      globals.progress.empty() ? context.variable("COMPOSE_PROGRESS") : globals.progress;
  const std::string ansi = globals.ansi.empty() ? context.variable("COMPOSE_ANSI") : globals.ansi;
  return (progress.empty() || progress == "auto" || progress == "tty") && ansi != "never" &&
         context.variable("TERM") != "dumb";
}

}  // namespace

bool wants_menu(Context& context, std::optional<bool> flag) {
  if (!flag) {
    const auto variable = context.find_variable("COMPOSE_MENU");
    flag = !variable || variable->empty() || context.variable_is_true("COMPOSE_MENU");
  }
  return *flag && ui::is_terminal(STDIN_FILENO) && ui::is_terminal(STDOUT_FILENO) && may_draw(context);
}

Menu::Menu(Context& context, ui::BottomLine& line, MenuActions actions)
    : context_(context),
      line_(line),
      actions_(std::move(actions)),
      colour_(context.colour(STDOUT_FILENO)),
      keys_(STDIN_FILENO) {
  thread_ = std::thread([this] {
    try {
      listen();
    } catch (const sys::Error& error) {  // the terminal has gone: what goes on needs no menu
      context_.log(LogLevel::kDebug, error.what());
    }
  });
}

Menu::~Menu() {
  stop_.cancel();
  thread_.join();
  try {
    line_.show("");
  } catch (const sys::Error&) {
    return;
  }
}

std::string Menu::text() const {
  if (!notice_.empty()) return notice_;
  return key("w", actions_.is_watching() ? "Disable Watch" : "Enable Watch", colour_) + "   " +
         key("d", "Detach", colour_);
}

void Menu::show() {
  line_.show(text());
}

void Menu::press(char key) {
  if (key == 'w') {
    try {
      actions_.toggle_watch();
    } catch (const std::exception& error) {
      notice_ = std::string("Watch: ") + error.what();
      notice_.erase(std::min(notice_.find('\n'), notice_.size()));
    }
    show();
  } else if (key == 'd') {
    actions_.detach();
  } else if (key == '\n' || key == '\r') {
    write_output(STDOUT_FILENO, "\n");
  }
}

void Menu::listen() {
  show();
  bool heard = true;
  while (!stop_.cancelled()) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0},
                    {resize_.fd(), POLLIN, 0},
                    {keys_.resumed_fd(), POLLIN, 0},
                    {heard ? keys_.fd() : -1, POLLIN, 0}};
    const int ready = ::poll(fds, std::size(fds), notice_.empty() ? -1 : kNoticeMs);
    if (ready < 0 && errno != EINTR) sys::fail("poll");
    if (stop_.cancelled()) return;
    if (ready == 0) {
      notice_.clear();
      show();
    }
    if (ready <= 0) continue;
    if (fds[1].revents != 0) {
      resize_.take();
      line_.redraw();
    }
    if (fds[2].revents != 0) {
      keys_.take_resumed();
      line_.redraw();
    }
    if (fds[3].revents == 0) continue;
    std::string keys;
    heard = keys_.read(keys);
    if (!keys.empty()) notice_.clear();
    for (const char pressed : keys) press(pressed);
  }
}

}  // namespace compose::cli
