#include "sys/background.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/file.h"

TEST_CASE("a program in the background has a session of its own and none of its starter's streams") {
  sys::Pipe pipe = sys::pipe();
  const int kept = ::dup(pipe.write.get());  // one that is open in the program as well
  pipe.write.reset();
  const std::string script = "exec 9>&1; exec >&" + std::to_string(kept) +
                             "; readlink /proc/$$/fd/0 /proc/$$/fd/9 /proc/$$/fd/2; echo $$; cut -d ' ' -f 6 "
                             "/proc/$$/stat";
  std::vector<pid_t> children = {sys::start_in_background({"/bin/sh", "-c", script})};
  ::close(kept);
  const std::string id = std::to_string(children.front());
  CHECK(sys::read_all(pipe.read.get()) == "/dev/null\n/dev/null\n/dev/null\n" + id + "\n" + id + "\n");
  for (int i = 0; i < 1000 && !children.empty(); ++i) {
    ::usleep(1000);
    sys::reap_ended(children);
  }
  CHECK(children.empty());
}

TEST_CASE("a program that is not there cannot be started in the background") {
  CHECK_THROWS_AS(sys::start_in_background({"/no/such/program"}), sys::Error);
}
