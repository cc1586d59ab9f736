#pragma once
// The keys of `up` in the foreground of a terminal, told in a line at the bottom:
//   w  begins or ends watching     d  leaves the containers running and returns     Enter  an empty line
// Ctrl-C is a signal as ever. A thread of its own hears the keys.
#include <functional>
#include <string>
#include <thread>

#include "compose/cli/context.h"
#include "compose/execute/executor.h"
#include "compose/ui/bottom_line.h"
#include "compose/ui/key_terminal.h"
#include "engine/container/terminal.h"

namespace compose::cli {

// Called on the menu's thread.
struct MenuActions {
  std::function<bool()> is_watching;
  std::function<void()> toggle_watch;  // what it throws is told in the line for a while
  std::function<void()> detach;
};

class Menu {
 public:
  // `line`: what output stays above (output.h). Throws sys::Error.
  Menu(Context& context, ui::BottomLine& line, MenuActions actions);
  ~Menu();  // the line has gone and the terminal is as before
  Menu(const Menu&) = delete;
  Menu& operator=(const Menu&) = delete;

 private:
  void listen();
  void press(char key);
  void show();
  std::string text() const;

  Context& context_;
  ui::BottomLine& line_;
  MenuActions actions_;
  bool colour_;
  std::string notice_;  // instead of the keys, for a while
  ui::KeyTerminal keys_;
  engine::ResizeSignal resize_;
  Cancellation stop_;
  std::thread thread_;
};

// True when there is to be one: asked for by --menu (unset: COMPOSE_MENU, else yes), and standard input and
// output are a terminal that can be drawn on.
bool wants_menu(Context& context, std::optional<bool> flag);

}  // namespace compose::cli
