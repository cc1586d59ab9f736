#include "run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "sys/error.h"

extern char** environ;

namespace it {

namespace {

sys::Fd memory_file(const char* name) {
  return sys::Fd(sys::check(::memfd_create(name, MFD_CLOEXEC), "memfd_create", name));
}

std::string contents(const sys::Fd& file) {
  std::string text;
  char buffer[65536];
  ssize_t count = 0;
  while ((count = ::pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

std::vector<std::string> environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    // The tool's own settings come from the test alone.
    if (!added.contains(name) && name.rfind("COMPOSE_", 0) != 0) result.push_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + '=' + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Process::Process(const std::vector<std::string>& args, const RunOptions& options)
    : out_(memory_file("stdout")), err_(memory_file("stderr")) {
  sys::Fd input = options.input.empty() ? sys::open("/dev/null", O_RDONLY) : memory_file("stdin");
  if (!options.input.empty()) {
    sys::write_all(input.get(), options.input);
    sys::check(::lseek(input.get(), 0, SEEK_SET), "lseek", "stdin");
  }
  std::vector<std::string> arguments = args, variables = environment(options.env);
  const std::vector<char*> argv = pointers(arguments), envp = pointers(variables);

  pid_ = sys::check(::fork(), "fork");
  if (pid_ == 0) {
    ::dup2(input.get(), 0);
    ::dup2(out_.get(), 1);
    ::dup2(err_.get(), 2);
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  pidfd_.reset(static_cast<int>(sys::check(::syscall(SYS_pidfd_open, pid_, 0), "pidfd_open")));
}

Process::~Process() {
  if (reaped_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Process::out() const {
  return contents(out_);
}
std::string Process::err() const {
  return contents(err_);
}

bool Process::running() {
  if (!reaped_) reaped_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !reaped_;
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

Output Process::wait(std::chrono::milliseconds timeout) {
  Output output;
  if (running()) {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    output.timed_out = ::poll(&ended, 1, static_cast<int>(timeout.count())) == 0;
    if (output.timed_out) ::kill(pid_, SIGKILL);
    sys::check(::waitpid(pid_, &status_, 0), "waitpid");
    reaped_ = true;
  }
  output.code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  output.out = out();
  output.err = err();
  return output;
}

Output run(const std::vector<std::string>& args, const RunOptions& options) {
  return Process(args, options).wait(options.timeout);
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace it
