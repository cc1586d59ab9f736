#pragma once
// A command of ours on a screen: a pane of a tmux server of this session's own, so that a test sees what a
// person sees - cursor movements, colours and wrapping done - and can press keys and resize the window.
//
//   TmuxSession at(sandbox, {"up"}, {80, 24});
//   CHECK(at.shows("Attaching to web"));
//   at.key("C-c");
//   CHECK(at.wait() == 130);
#include <string>
#include <vector>

#include "sandbox.h"

namespace it {

struct ScreenSize {
  int columns = 100, rows = 30;
};

class TmuxSession {
 public:
  // `compose ARGS` in the sandbox's folder, with its environment and `TERM=tmux-256color`. The test fails
  // when there is no tmux.
  TmuxSession(Sandbox& sandbox, const std::vector<std::string>& args, ScreenSize size = {});
  // The same for another program, a shell say.
  struct Program {
    std::vector<std::string> words;
  };
  TmuxSession(Sandbox& sandbox, const Program& program, ScreenSize size = {});
  ~TmuxSession();  // ends the server and what still runs in it
  TmuxSession(const TmuxSession&) = delete;
  TmuxSession& operator=(const TmuxSession&) = delete;

  // What stands on the screen now, a line each, without trailing blanks.
  std::string screen() const;
  // The same with what has scrolled off above it; lines that were wrapped are whole again.
  std::string all() const;
  // As `all`, with the escape sequences that make its colours.
  std::string coloured() const;

  // Waits until `text` is in `all()`; false, with the screen in the test's report, when it never is.
  bool shows(const std::string& text) const;
  // Waits until `text` is not on the screen any more.
  bool no_longer_shows(const std::string& text) const;

  void type(const std::string& text);  // as it stands
  void key(const std::string& name);   // tmux's names: "Enter", "C-c", "w"
  void resize(ScreenSize size);
  // The exit code of the command once it has ended, 128+n for signal n; the screen stays.
  int wait() const;

 private:
  TmuxSession();  // the folder alone; delegated to, so that the destructor runs whatever fails after
  std::string tmux(std::vector<std::string> words) const;

  std::string folder_;  // of the server's socket and settings
};

}  // namespace it
