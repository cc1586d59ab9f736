// compose-monitor: the process beside each container, and the single-threaded place from which containers are
// made and entered. Started by engine/container/ only, never by hand:
//   compose-monitor container <run folder> <held>   starts the container of spec.json there and stays until
//   it
//                                                   has ended
//   compose-monitor attached <run folder> <held>    the same, with the streams of who started it
//   compose-monitor adopt <run folder> <held>       takes over a running container whose monitor died
//   compose-monitor serve <control group> <use>     makes those of the first two, and of exec, as they are
//                                                   asked for
//   compose-monitor step                            runs one container in the foreground (a build's RUN)
//   compose-monitor view                            shows its caller the files of a container that is down
//   compose-monitor exec <held>                     runs a program in a running container
// <held>: how many descriptors from kHeldFds on are to be kept open.
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "engine/container/run_files.h"
#include "engine/container/seal.h"
#include "engine/monitor/jobs.h"

namespace {

// A copy started by hand, or by a caller whose kernel could not seal it for us, starts itself once more.
void ensure_sealed(char** argv) {
  if (engine::is_sealed()) return;
  const sys::Fd program = engine::sealed_program("/proc/self/exe");
  ::execv(("/proc/self/fd/" + std::to_string(program.get())).c_str(), argv);
  std::perror("compose-monitor: cannot start from a sealed copy");
  ::_exit(1);
}

// The caller may have had descriptors that nobody closes on exec; kept here, a pipe among them would not end
// before the container does. What is left is not for the programs that are started. `more`: what else there
// is above those that are held is kept.
void keep_descriptors(int last, int held, bool more) {
  const auto first_held = static_cast<unsigned>(engine::kHeldFds);
  const auto first_free = static_cast<unsigned>(last) + 1;
  if (held > 0 || more) ::syscall(SYS_close_range, first_free, first_held - 1, 0U);
  if (!more)
    ::syscall(SYS_close_range, held > 0 ? first_held + static_cast<unsigned>(held) : first_free, ~0U, 0U);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
}

// What `ps` shows of this process: the words in place of those that it was started with, as far as there is
// room.
void show_as(const std::vector<std::string>& words, char** argv, int argc) {
  char* const end = argv[argc - 1] + std::strlen(argv[argc - 1]);
  char* at = argv[0] + std::strlen(argv[0]) + 1;  // behind the name
  std::memset(at, 0, static_cast<size_t>(end - at));
  for (const std::string& word : words) {
    const size_t size = std::min(word.size() + 1, static_cast<size_t>(end - at));
    std::memcpy(at, word.c_str(), size);
    at += size;
  }
}

// `asked.words`: behind the program's name. `apart`: the process is one that `serve` has made.
int run(monitor::Asked asked, const std::string& programs, bool apart) {
  const std::vector<std::string>& words = asked.words;
  const size_t count = words.size();
  const std::string job = count > 0 ? words[0] : "";
  const bool attached = job == "attached" && count == 3;
  const bool keeper = attached || ((job == "container" || job == "adopt") && count == 3);
  const bool exec = job == "exec" && count == 2;
  const int last = attached || exec ? engine::kInputFd : keeper ? engine::kGateFd : engine::kOutputFd;
  const int held = keeper ? std::atoi(words[2].c_str()) : exec ? std::atoi(words[1].c_str()) : 0;
  keep_descriptors(last, held, asked.names.has_value());
  if (keeper) {
    monitor::KeeperJob keeping{words[1], programs, held, apart, asked.joins_late, std::move(asked.names)};
    if (attached) return monitor::monitor_attached(std::move(keeping));
    return job == "container" ? monitor::monitor_container(std::move(keeping))
                              : monitor::adopt_container(std::move(keeping));
  }
  if (job == "step" && count == 1) return monitor::run_step(programs);
  if (job == "view" && count == 1) return monitor::show_root();
  if (exec) return monitor::run_exec(held > 0);
  std::fprintf(stderr, "compose-monitor is started by compose itself\n");
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    ensure_sealed(argv);
    ::prctl(PR_SET_NAME, "compose-monitor");
    ::prctl(PR_SET_DUMPABLE, 0);  // a process of a container it enters must not trace or read it
    ::signal(SIGPIPE, SIG_IGN);
    const std::string self = argv[0];
    const std::string programs = self.substr(0, self.rfind('/'));
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty() || words[0] != "serve" || words.size() < 3)
      return run({std::move(words)}, programs, false);
    keep_descriptors(engine::kReportFd, 0, false);
    auto asked = monitor::serve(words[1], words[2]);
    if (!asked) return 0;
    show_as(asked->words, argv, argc);
    return run(std::move(*asked), programs, true);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "compose-monitor: %s\n", error.what());
    return 1;
  }
}
