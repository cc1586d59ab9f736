#include "sys/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"

namespace sys {

namespace {

// posix_spawn's functions return the error instead of setting errno.
void require(int error, const char* call, const std::string& object = {}) {
  if (error != 0) throw Error(error, call, object);
}

}  // namespace

Spawn::Spawn(int first_free) : first_free_(first_free) {
  require(::posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
  require(::posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  require(::posix_spawnattr_setsigmask(&attributes_, &none), "posix_spawnattr_setsigmask");
  require(::posix_spawnattr_setsigdefault(&attributes_, &all), "posix_spawnattr_setsigdefault");
  const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
  require(::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)), "posix_spawnattr_setflags");
}

Spawn::~Spawn() {
  ::posix_spawn_file_actions_destroy(&actions_);
  ::posix_spawnattr_destroy(&attributes_);
}

void Spawn::give(int fd, int number) {
  if (fd < 0) return;
  // Moved up first, so that no number is overwritten before its turn.
  held_.emplace_back(check(::fcntl(fd, F_DUPFD_CLOEXEC, first_free_), "fcntl", "F_DUPFD_CLOEXEC"));
  require(::posix_spawn_file_actions_adddup2(&actions_, held_.back().get(), number), "adddup2");
}

void Spawn::open(int number, const std::string& path, int flags, mode_t mode) {
  require(::posix_spawn_file_actions_addopen(&actions_, number, path.c_str(), flags, mode), "addopen", path);
}

pid_t Spawn::start(const std::string& program, const std::vector<std::string>& words) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  require(::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), environ), "posix_spawn",
          words[0]);
  return pid;
}

int wait_for(pid_t child) noexcept {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace sys
