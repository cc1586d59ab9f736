// A container's first process with the streams of who started it.
#include "engine/container/attached.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/container/message.h"
#include "engine/container/monitor_process.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/error.h"

using namespace container_test;

namespace {

int exit_code(engine::Attached& attached) {
  const auto message = engine::receive_message(attached.report.get());
  attached.report.reset();  // its monitor waits for us to tidy up
  return message ? engine::exit_code_from(message->text) : -1;
}

}  // namespace

TEST_CASE("An attached container gives its streams apart and to the byte, its log keeps them too") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sh", "-c", "echo out; echo err >&2; printf 'no end'; exit 7"};
  engine::Attached attached = box.attach(false);
  CHECK(sys::read_all(attached.output.get()) == "out\nno end");
  CHECK(sys::read_all(attached.error.get()) == "err\n");
  CHECK(exit_code(attached) == 7);
  CHECK(box.log().find("no end") != std::string::npos);
}

TEST_CASE("The input of an attached container ends when it is closed, without one it is at its end") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"wc", "-c"};
  engine::Attached attached = box.attach(true);
  sys::write_all(attached.input.get(), "12345");
  attached.input.reset();
  CHECK(sys::read_all(attached.output.get()) == "5\n");
  CHECK(exit_code(attached) == 0);

  Container other;
  other.spec.args = {"wc", "-c"};
  attached = other.attach(false);
  CHECK(sys::read_all(attached.output.get()) == "0\n");
  CHECK(exit_code(attached) == 0);
}

TEST_CASE("What an attached container wrote is there to the last byte long after it has ended") {
  if (!is_root()) return;
  for (const bool tty : {false, true}) {
    Container box;
    box.spec.tty = tty;
    // More than a pipe takes: with nobody reading, the container waits and cannot end before.
    box.spec.args = {"sh", "-c", "head -c 150000 /dev/zero"};
    engine::Attached attached = box.attach(false);
    std::string text(40000, ' ');
    size_t got = 0;
    while (got < text.size()) {
      const ssize_t n = ::read(attached.output.get(), text.data() + got, text.size() - got);
      REQUIRE(n > 0);
      got += static_cast<size_t>(n);
    }
    // Now the rest fits into what is between us, and is kept for us when all else of the container is gone.
    CHECK(exit_code(attached) == 0);
    CHECK(box.wait_for_end().state == engine::State::kExited);
    CHECK(sys::read_all(attached.output.get()).size() == 110000);
  }
}

TEST_CASE("Who is attached may go: the container runs on with its log alone") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sh", "-c", "cat; head -c 300000 /dev/zero | tr '\\0' y; echo; echo over; exit 4"};
  engine::Attached attached = box.attach(true);
  attached = {};
  const engine::Status status = box.wait_for_end();
  CHECK(status.exit_code == 4);
  CHECK(box.log().find("over") != std::string::npos);
}

TEST_CASE("The terminal of an attached container has its size from the start and takes input") {
  if (!is_root()) return;
  Container box;
  box.spec.tty = true;
  box.spec.rows = 33;
  box.spec.columns = 77;
  box.spec.args = {"sh", "-c", "stty size; read line; echo got $line; exit 5"};
  engine::Attached attached = box.attach(true);
  REQUIRE(attached.terminal);
  sys::write_all(attached.input.get(), "hello\n");
  const std::string shown = sys::read_all(attached.output.get());
  CHECK(shown.find("33 77\r\n") != std::string::npos);
  CHECK(shown.find("got hello\r\n") != std::string::npos);
  CHECK(exit_code(attached) == 5);
}

TEST_CASE("An attached start that fails says why, like any other") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"nosuch"};
  try {
    box.attach(true);
    FAIL("it started");
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kNotFound);
  }
}

TEST_CASE("With stdin_open a program waits for input that never ends") {
  if (!is_root()) return;
  Container box;
  box.spec.stdin_open = true;
  box.spec.args = {"sh", "-c", "echo waiting; cat; echo ended"};
  box.start();
  box.wait_until([&](const engine::Status& status) { return status.state == engine::State::kRunning; });
  // It would be over by the time another program has run beside it.
  CHECK(
      box.exec(
             "i=0; until grep -q cat /proc/*/comm; do i=$((i+1)); [ $i -lt 500 ] || exit 1; sleep 0.01; done")
          .first == 0);
  CHECK(box.log().find("ended") == std::string::npos);
  box.stop();
}
