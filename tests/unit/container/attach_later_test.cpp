// Attaching to a container that runs already.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/container/attached.h"
#include "engine/container/message.h"
#include "engine/container/monitor_process.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/error.h"

using namespace container_test;

namespace {

// What comes at `fd` until `word` is among it, or its end.
std::string until(const sys::Fd& fd, const std::string& word) {
  std::string text;
  char buffer[4096];
  pollfd ready{fd.get(), POLLIN, 0};
  while (text.find(word) == std::string::npos && ::poll(&ready, 1, 20000) > 0) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

engine::Attached attach(const Container& box, bool input = true) {
  auto attached = engine::attach_container(box.spec.run_dir, input);
  REQUIRE(attached);
  return std::move(*attached);
}

int exit_code(const engine::Attached& attached) {
  const auto message = engine::receive_message(attached.report.get());
  return message ? engine::exit_code_from(message->text) : -1;
}

// The texts in a log, without their ends.
std::vector<std::string> lines_of(const std::string& log) {
  const std::string begin = "{\"log\":\"", end = "\\n\"";
  std::vector<std::string> lines;
  for (size_t at = log.find(begin); at != std::string::npos; at = log.find(begin, at)) {
    at += begin.size();
    lines.push_back(log.substr(at, log.find(end, at) - at));
  }
  return lines;
}

void kill_monitor(const Container& box) {
  const sys::ProcessId monitor = box.status().monitor;
  REQUIRE(sys::send_signal(sys::open_pidfd(monitor), SIGKILL));
  while (sys::is_alive(monitor)) ::usleep(1000);
}

constexpr char kEcho[] =
    "while read line; do echo got $line; echo err $line >&2; [ \"$line\" != bye ] || exit 6; done";

}  // namespace

TEST_CASE("Several attach to one running container: each gets all it writes from then on, any gives input") {
  if (!is_root()) return;
  Container box;
  box.spec.stdin_open = true;
  box.spec.args = {"sh", "-c", kEcho};
  box.start();
  engine::Attached one = attach(box), two = attach(box);
  CHECK(one.takes_input);
  CHECK_FALSE(one.terminal);
  sys::write_all(one.input.get(), "first\n");
  CHECK(until(one.output, "got first\n") == "got first\n");
  CHECK(until(two.output, "got first\n") == "got first\n");
  CHECK(until(two.error, "err first\n") == "err first\n");
  one = {};  // goes without a word
  sys::write_all(two.input.get(), "bye\n");
  CHECK(sys::read_all(two.output.get()) == "got bye\n");
  CHECK(exit_code(two) == 6);
  CHECK(box.wait_for_end().exit_code == 6);
}

TEST_CASE("A container without stdin_open is attached without input, and one that has ended not at all") {
  if (!is_root()) return;
  Container box;
  box.start();
  const engine::Attached attached = attach(box);
  CHECK_FALSE(attached.takes_input);
  CHECK_FALSE(attached.input);
  box.stop();
  CHECK(exit_code(attached) == 137);
  CHECK_FALSE(engine::attach_container(box.spec.run_dir, true));
}

TEST_CASE(
    "Who attaches and takes nothing is let go after a while, the container goes on and its log is whole") {
  if (!is_root()) return;
  Container box;
  // More than the largest pipe takes: what is written waits for the reader until he is let go.
  box.spec.args = {
      "sh", "-c",
      "while [ ! -e /tmp/go ]; do sleep 0.01; done; head -c 3000000 /dev/zero | tr '\\0' y; echo; exit 4"};
  box.start();
  const engine::Attached slow = attach(box);
  const engine::Attached dead = attach(box);
  CHECK(box.exec("touch /tmp/go").first == 0);
  const auto message = engine::receive_message(slow.report.get());
  REQUIRE(message);
  CHECK(message->text == engine::kTooSlowMessage);
  CHECK(box.wait_for_end().exit_code == 4);
  const std::string log = box.log();
  CHECK(std::count(log.begin(), log.end(), 'y') >= 3000000);
}

TEST_CASE("A terminal keeps input and size for who attaches, also when its monitor was killed") {
  if (!is_root()) return;
  for (const bool killed : {false, true}) {
    Container box;
    box.spec.tty = true;
    box.spec.stdin_open = true;
    box.spec.args = {"sh", "-c",
                     "while read line; do stty size; echo got $line; [ $line != bye ] || exit 5; done"};
    const sys::ProcessId program = box.start();
    if (killed) {
      kill_monitor(box);
      REQUIRE(engine::adopt_container(box.spec.run_dir, box.spec.state_dir));
    }
    const engine::Attached attached = attach(box);
    REQUIRE(attached.terminal);
    REQUIRE(attached.takes_input);
    const winsize size{44, 55, 0, 0};
    REQUIRE(::ioctl(attached.input.get(), TIOCSWINSZ, &size) == 0);
    sys::write_all(attached.input.get(), "hello\n");
    const std::string shown = until(attached.output, "got hello\r\n");
    CHECK(shown.find("44 55\r\n") != std::string::npos);
    CHECK(box.status().process.pid == program.pid);
    sys::write_all(attached.input.get(), "bye\n");
    CHECK(until(attached.output, "got bye\r\n").find("got bye") != std::string::npos);
    CHECK(box.wait_for_end().state == engine::State::kExited);
    CHECK(box.log().find("got bye") != std::string::npos);
  }
}

TEST_CASE("A monitor that is killed while its container writes loses one read at most and doubles nothing") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sh", "-c",
                   "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line-$i; done; exec sleep 1000"};
  const sys::ProcessId program = box.start();
  for (int i = 0; i < 1000 && box.log().find("line-500\\n") == std::string::npos; ++i) ::usleep(5000);
  kill_monitor(box);
  REQUIRE(engine::adopt_container(box.spec.run_dir, box.spec.state_dir));
  for (int i = 0; i < 4000 && box.log().find("line-20000\\n") == std::string::npos; ++i) ::usleep(5000);
  CHECK(box.status().process.pid == program.pid);
  // What the dead monitor had read and not yet written is missing, in one piece: one read, and the beginning
  // of a line from the one before. A line torn by its end is there from the tear on, as a line of its own.
  constexpr int kRead = 8192, kLine = 11;
  int next = 1, gaps = 0, torn = 0, lost = 0;
  for (const std::string& line : lines_of(box.log())) {
    if (line.rfind("line-", 0) != 0) {
      ++torn;
      lost -= static_cast<int>(line.size()) + 1;
      continue;
    }
    const int number = std::stoi(line.substr(5));
    REQUIRE(number >= next);  // none twice, none out of turn
    if (number > next) ++gaps;
    for (; next < number; ++next) lost += static_cast<int>(("line-" + std::to_string(next)).size()) + 1;
    next = number + 1;
  }
  CHECK(next == 20001);
  CHECK(gaps <= 1);
  CHECK(torn <= gaps);
  CHECK(lost <= kRead + kLine);
  box.stop();
}
