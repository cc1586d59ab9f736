#include "engine/container/monitor_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "engine/container/installed_program.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/container/seal.h"
#include "engine/error.h"
#include "sys/error.h"

namespace engine {

namespace {

// posix_spawn's functions return the error instead of setting errno.
void require(int error, const char* call, const std::string& object = {}) {
  if (error != 0) throw sys::Error(error, call, object);
}

class SpawnActions {
 public:
  // Numbers below `first_free` may be given.
  explicit SpawnActions(int first_free) : first_free_(first_free) {
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
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  // `fd` becomes `number` in the child. It is moved up first, so that no number is overwritten before its
  // turn.
  void give(int fd, int number) {
    if (fd < 0) return;
    held_.emplace_back(sys::check(::fcntl(fd, F_DUPFD_CLOEXEC, first_free_), "fcntl", "F_DUPFD_CLOEXEC"));
    require(::posix_spawn_file_actions_adddup2(&actions_, held_.back().get(), number), "adddup2");
  }
  void open(int number, const std::string& path, int flags, mode_t mode = 0) {
    require(::posix_spawn_file_actions_addopen(&actions_, number, path.c_str(), flags, mode), "addopen",
            path);
  }
  pid_t spawn(const std::string& program, const std::vector<std::string>& words) {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    pid_t pid = -1;
    require(::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), environ),
            "posix_spawn", words[0]);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<sys::Fd> held_;
  int first_free_;
};

}  // namespace

std::string monitor_path() {
  return installed_program("compose-monitor", "COMPOSE_MONITOR");
}

sys::Fd request_file(const MonitorSpawn& spawn) {
  if (spawn.request.empty()) return {};
  sys::Fd file(sys::check(::memfd_create("request", MFD_CLOEXEC), "memfd_create"));
  sys::write_all(file.get(), spawn.request);
  sys::check(::lseek(file.get(), 0, SEEK_SET), "lseek");
  return file;
}

void each_descriptor(const MonitorSpawn& spawn, int report, const sys::Fd& request,
                     const std::function<void(int, int)>& visit) {
  const std::pair<int, int> named[] = {{report, kReportFd},         {spawn.netns, kNetnsFd},
                                       {request.get(), kRequestFd}, {spawn.output, kOutputFd},
                                       {spawn.error, kErrorFd},     {spawn.input, kInputFd}};
  for (const auto& [descriptor, number] : named)
    if (descriptor >= 0) visit(descriptor, number);
  for (size_t i = 0; i < spawn.held.size(); ++i) visit(spawn.held[i], kHeldFds + static_cast<int>(i));
}

MonitorProcess spawn_monitor(const MonitorSpawn& spawn) {
  const std::string path = monitor_path();
  sys::Fd program;
  try {
    program = sealed_program(path);
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kUnavailable,
                "cannot use " + path + ": " + error.what() +
                    "; it belongs beside the compose program, or set COMPOSE_MONITOR");
  }
  SocketPair report = message_sockets();
  const sys::Fd request = request_file(spawn);
  const int first_free = kHeldFds + static_cast<int>(spawn.held.size());
  SpawnActions actions(first_free);
  actions.open(0, "/dev/null", O_RDONLY);
  actions.open(1, "/dev/null", O_WRONLY);
  actions.open(2, spawn.log.empty() ? "/dev/null" : spawn.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::set<int> given;
  each_descriptor(spawn, report.theirs.get(), request, [&](int descriptor, int number) {
    actions.give(descriptor, number);
    given.insert(number);
  });
  // Every number it takes for its own is given, or it would close somebody else's later.
  for (const int number : {kNetnsFd, kOutputFd, kErrorFd, kInputFd})
    if (!given.contains(number)) actions.open(number, "/dev/null", O_RDWR);
  std::vector<std::string> words = {path};
  words.insert(words.end(), spawn.arguments.begin(), spawn.arguments.end());
  MonitorProcess process;
  const sys::Fd high(
      sys::check(::fcntl(program.get(), F_DUPFD_CLOEXEC, first_free), "fcntl", "F_DUPFD_CLOEXEC"));
  process.pid = actions.spawn("/proc/self/fd/" + std::to_string(high.get()), words);
  process.report = std::move(report.ours);
  return process;
}

void reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
}

Started await_start(const sys::Fd& report, const std::string& subject) {
  auto message = receive_message(report.get());
  if (!message)
    throw Error(Error::Kind::kInternal, subject + ": compose-monitor ended before it could say why");
  const nlohmann::json told = nlohmann::json::parse(message->text, nullptr, false);
  if (told.value("ok", false)) return {told.at("pid"), told.at("start_time"), std::move(message->fd)};
  const int exit_code = told.value("exit_code", 125);
  Error::Kind kind = static_cast<Error::Kind>(told.value("kind", static_cast<int>(Error::Kind::kInvalid)));
  if (exit_code == 127) kind = Error::Kind::kNotFound;
  if (exit_code == 126) kind = Error::Kind::kDenied;
  throw Error(kind, subject + ": " + told.value("message", "unknown error"));
}

int exit_code_from(const std::string& message) {
  const nlohmann::json told = nlohmann::json::parse(message, nullptr, false);
  return told.is_object() ? told.value("exit", -1) : -1;
}

}  // namespace engine
