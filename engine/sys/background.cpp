#include "sys/background.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/error.h"

namespace sys {

namespace {

// posix_spawn's functions return the error instead of setting errno.
void require(int error, const char* call) {
  if (error != 0) throw Error(error, call, "");
}

struct Actions {
  Actions() { require(::posix_spawn_file_actions_init(&value), "posix_spawn_file_actions_init"); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t value{};
};

struct Attributes {
  Attributes() { require(::posix_spawnattr_init(&value), "posix_spawnattr_init"); }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value{};
};

}  // namespace

pid_t start_in_background(const std::vector<std::string>& words) {
  Actions actions;
  Attributes attributes;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    require(::posix_spawn_file_actions_addopen(&actions.value, stream, "/dev/null", O_RDWR, 0), "addopen");
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  require(::posix_spawnattr_setsigmask(&attributes.value, &none), "posix_spawnattr_setsigmask");
  require(::posix_spawnattr_setsigdefault(&attributes.value, &all), "posix_spawnattr_setsigdefault");
  const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
  require(::posix_spawnattr_setflags(&attributes.value, static_cast<short>(flags)),
          "posix_spawnattr_setflags");
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv[0], &actions.value, &attributes.value, argv.data(), environ);
  if (error != 0) throw Error(error, "posix_spawn", words.front());
  return child;
}

void reap_ended(std::vector<pid_t>& children) noexcept {
  const auto has_ended = [](pid_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; };
  children.erase(std::remove_if(children.begin(), children.end(), has_ended), children.end());
}

}  // namespace sys
