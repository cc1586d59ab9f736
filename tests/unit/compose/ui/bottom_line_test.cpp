#include "compose/ui/bottom_line.h"

#include <catch2/catch.hpp>

#include "fake_terminal.h"

using compose::test::FakeTerminal;
using compose::ui::BottomLine;

namespace {

struct Screen {
  FakeTerminal terminal;
  BottomLine line;
  explicit Screen(size_t columns)
      : terminal(columns),
        line(
            1, [this](int, std::string_view text) { terminal.write(text); },
            [this] { return terminal.size; }) {}
};

}  // namespace

TEST_CASE("what is written goes above the bottom line") {
  Screen screen(20);
  screen.line.write(1, "before\n");
  screen.line.show("keys");
  screen.line.write(1, "one\n");
  screen.line.write(2, "two\nthree\n");
  CHECK(screen.terminal.screen() == "before\none\ntwo\nthree\nkeys\n");
  screen.line.show("");
  screen.line.write(1, "after\n");
  CHECK(screen.terminal.screen() == "before\none\ntwo\nthree\nafter\n");
}

TEST_CASE("the bottom line is cut to the terminal's width, anew when that changes") {
  Screen screen(10);
  screen.line.show("\x1b[1mw\x1b[0m watch   d detach");
  CHECK_FALSE(screen.terminal.wrapped);
  screen.terminal.size.columns = 30;
  screen.line.redraw();
  CHECK(screen.terminal.screen() == "w watch   d detach\n");
  screen.terminal.size.columns = 5;
  screen.line.redraw();
  CHECK(screen.terminal.screen() == "w w…\n");
}
