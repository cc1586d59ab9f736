// compose-init <program> <argv0> [args...]: the first process of a container with `init: true`. Starts the
// program, hands every signal on to it, reaps whatever is orphaned, and ends as the program ended.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// Signals that mean this process itself, not the program.
bool is_own(int number) {
  return number == SIGCHLD || number == SIGFPE || number == SIGILL || number == SIGSEGV || number == SIGBUS ||
         number == SIGABRT || number == SIGTRAP || number == SIGSYS || number == SIGTTIN || number == SIGTTOU;
}

pid_t start(char** argv, const sigset_t& signals_before) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  // A group of its own in the foreground, so that the terminal's signals reach the program and not us too.
  ::setpgid(0, 0);
  ::tcsetpgrp(0, ::getpid());  // SIGTTOU is blocked still; fails without a terminal, as it may
  ::sigprocmask(SIG_SETMASK, &signals_before, nullptr);
  ::execv(argv[1], argv + 2);
  const int error = errno;
  ::fprintf(stderr, "compose-init: %s: %s\n", argv[1], ::strerror(error));
  ::_exit(error == ENOENT ? 127 : 126);
}

// Reaps all that ended; true with the code once the program itself is among them.
bool reap(pid_t program, int& exit_code) {
  bool over = false;
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return over;
    if (pid != program) continue;
    exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    over = true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    ::fprintf(stderr, "compose-init is started by compose itself\n");
    return 64;
  }
  sigset_t all, before;
  ::sigfillset(&all);
  for (int number = 1; number < NSIG; ++number) {
    if (is_own(number) && number != SIGCHLD && number != SIGTTIN && number != SIGTTOU)
      ::sigdelset(&all, number);
  }
  ::sigprocmask(SIG_SETMASK, &all, &before);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // in another's pid namespace it is not the first process
  const pid_t program = start(argv, before);
  if (program < 0) {
    ::perror("compose-init: fork");
    return 126;
  }
  for (;;) {
    siginfo_t info;
    const int number = ::sigwaitinfo(&all, &info);
    int exit_code = 0;
    if (number == SIGCHLD && reap(program, exit_code)) return exit_code;
    if (number > 0 && !is_own(number)) ::kill(program, number);
  }
}
