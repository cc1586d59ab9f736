#include "compose/ui/log_printer.h"

#include <catch2/catch.hpp>

#include "sys/fd.h"

using namespace compose::ui;

namespace {

// What was printed to each descriptor.
struct Printed {
  explicit Printed(LogStyle style) : printer(style, {out.write.get(), err.write.get(), out.write.get()}) {}
  std::string take(sys::Pipe& pipe) {
    printer.flush();
    pipe.write.reset();
    return sys::read_all(pipe.read.get());
  }
  sys::Pipe out = sys::pipe(), err = sys::pipe();
  LogPrinter printer;
};

}  // namespace

TEST_CASE("each line has its container's name, padded to the longest") {
  Printed printed({});
  printed.printer.expect("web-1");
  printed.printer.expect("database-1");
  printed.printer.print("web", "web-1", {0, false, "one\ntwo\n"});
  printed.printer.print("database", "database-1", {0, true, "err\n"});
  CHECK(printed.take(printed.out) == "web-1       | one\nweb-1       | two\n");
  CHECK(printed.take(printed.err) == "database-1  | err\n");
}

TEST_CASE("a line that came in parts is one line, and others do not get into it") {
  Printed printed({});
  printed.printer.expect("a-1");
  printed.printer.print("a", "a-1", {0, false, "begin"});
  printed.printer.print("b", "b-1", {0, false, "other\n"});
  printed.printer.print("a", "a-1", {0, false, " end\n"});
  printed.printer.print("a", "a-1", {0, false, "unfinished"});
  printed.printer.status("a", "a-1", "exited with code 3");
  CHECK(printed.take(printed.out) ==
        "b-1  | other\na-1  | begin end\na-1  | unfinished\na-1 exited with code 3\n");
}

TEST_CASE("times and the lack of a prefix are as asked") {
  Printed printed({false, true, false});
  printed.printer.print("a", "a-1", {1, false, "x\r\n"});
  CHECK(printed.take(printed.out) == "1970-01-01T00:00:00.000000001Z x\n");
}

TEST_CASE("a service has one colour, another service another") {
  Palette palette(true);
  const std::string web = palette.paint("web", "x");
  CHECK(web == palette.paint("web", "x"));
  CHECK(web != palette.paint("db", "x"));
  CHECK(web == Palette(true).paint("web", "x"));
  CHECK(Palette(false).paint("web", "x") == "x");
}

TEST_CASE("log names leave out the project and the mark of a recreate") {
  CHECK(log_name("demo", "demo-web-1") == "web-1");
  CHECK(log_name("demo", "0123456789ab_demo-web-1") == "web-1");
  CHECK(log_name("demo", "my-database") == "my-database");
  CHECK(log_name("demo", "demo_web_1") == "web_1");
  CHECK(log_name("demo", "demo_db") == "demo_db");
}
