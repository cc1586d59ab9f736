#pragma once
// A command of ours at a pseudo terminal, as a shell would run it.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "sandbox.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace it {

// `compose ARGS` at a terminal of its own.
class AtTerminal {
 public:
  AtTerminal(Sandbox& sandbox, const std::vector<std::string>& args)
      : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(master_);
    REQUIRE(::grantpt(master_.get()) == 0);
    REQUIRE(::unlockpt(master_.get()) == 0);
    terminal_ = sys::open(::ptsname(master_.get()), O_RDWR | O_NOCTTY);
    resize(33, 101);
    std::vector<std::string> words = sandbox.command(args);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    over_ = sys::pipe();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) lead(argv.data(), sandbox);
    over_.write.reset();
  }
  ~AtTerminal() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;

  void resize(unsigned short rows, unsigned short columns) {
    const winsize size{rows, columns, 0, 0};
    REQUIRE(::ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
  }
  void type(const std::string& text) { sys::write_all(master_.get(), text); }
  // All that was shown, once `word` is among it.
  std::string until(const std::string& word) {
    char buffer[4096];
    pollfd ready{master_.get(), POLLIN, 0};
    while (shown_.find(word) == std::string::npos && ::poll(&ready, 1, 20000) > 0) {
      const ssize_t n = ::read(master_.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      shown_.append(buffer, static_cast<size_t>(n));
    }
    return shown_;
  }
  int wait() {
    int status = 0;
    REQUIRE(::read(over_.read.get(), &status, sizeof status) == sizeof status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  tcflag_t modes() const {
    termios settings{};
    REQUIRE(::tcgetattr(terminal_.get(), &settings) == 0);
    return settings.c_lflag;
  }

 private:
  // A shell's part: it has the terminal for its session, and stays, since with its end the terminal is hung
  // up and what is not read yet is lost.
  [[noreturn]] void lead(char** argv, Sandbox& sandbox) {
    ::setsid();
    ::ioctl(terminal_.get(), TIOCSCTTY, 0);
    const pid_t child = ::fork();
    if (child == 0) {
      for (int fd = 0; fd < 3; ++fd) ::dup2(terminal_.get(), fd);
      for (const auto& [name, value] : sandbox.options().env) ::setenv(name.c_str(), value.c_str(), 1);
      if (::chdir(sandbox.directory().c_str()) == 0) ::execv(argv[0], argv);
      ::_exit(99);
    }
    ::signal(SIGINT, SIG_IGN);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (::write(over_.write.get(), &status, sizeof status) < 0) ::_exit(98);
    for (;;) ::pause();
  }

  sys::Fd master_, terminal_;
  sys::Pipe over_;  // the status of `compose`
  pid_t pid_ = -1;
  std::string shown_;
};

}  // namespace it
