#include "sys/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "sys/spawn.h"

namespace sys {

pid_t start_in_background(const std::vector<std::string>& words) {
  Spawn spawn(STDERR_FILENO + 1);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    spawn.open(stream, "/dev/null", O_RDWR);
  return spawn.start(words.front(), words);
}

void reap_ended(std::vector<pid_t>& children) noexcept {
  const auto has_ended = [](pid_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; };
  children.erase(std::remove_if(children.begin(), children.end(), has_ended), children.end());
}

}  // namespace sys
