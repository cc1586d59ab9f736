#include "compose/ui/text.h"

#include <catch2/catch.hpp>

using namespace compose::ui;

TEST_CASE("the width of a text counts code points and not escape sequences") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("\u2714 ok") == 4);
  CHECK(display_width("\x1b[32mabc\x1b[0m") == 3);
  CHECK(display_width("") == 0);
}

TEST_CASE("a text that is too long ends in an ellipsis and in no style") {
  CHECK(fit("abcdef", 6) == "abcdef");
  CHECK(fit("abcdef", 4) == "abc\u2026");
  CHECK(fit("\x1b[32mabcdef\x1b[0m", 4) == "\x1b[32mabc\u2026\x1b[0m");
  CHECK(fit("\u2714\u2714\u2714", 2) == "\u2714\u2026");
  CHECK(fit("abc", 0).empty());
}

TEST_CASE("padding counts what is seen") {
  CHECK(pad("\x1b[1mab\x1b[0m", 4) == "\x1b[1mab\x1b[0m  ");
}

TEST_CASE("control characters cannot break out of a line") {
  CHECK(one_line("a\nb\tc\r\x07"
                 "d") == "a b cd");
}
