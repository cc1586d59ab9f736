#include "engine/container/monitor_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "engine/container/cgroup.h"
#include "engine/container/installed_program.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/container/seal.h"
#include "engine/error.h"
#include "sys/error.h"

namespace engine {

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
                                       {request.get(), kRequestFd}, {spawn.start_lock, kStartLockFd},
                                       {spawn.gate, kGateFd},       {spawn.output, kOutputFd},
                                       {spawn.error, kErrorFd},     {spawn.input, kInputFd}};
  for (const auto& [descriptor, number] : named)
    if (descriptor >= 0) visit(descriptor, number);
  for (size_t i = 0; i < spawn.held.size(); ++i) visit(spawn.held[i], kHeldFds + static_cast<int>(i));
}

MonitorProcess begin_monitor(const MonitorSpawn& spawn) {
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
  sys::Spawn monitor(first_free);
  monitor.open(0, "/dev/null", O_RDONLY);
  monitor.open(1, "/dev/null", O_WRONLY);
  monitor.open(2, spawn.log.empty() ? "/dev/null" : spawn.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::set<int> given;
  each_descriptor(spawn, report.theirs.get(), request, [&](int descriptor, int number) {
    monitor.give(descriptor, number);
    given.insert(number);
  });
  // Every number it takes for its own is given, or it would close somebody else's later.
  for (const int number : {kNetnsFd, kStartLockFd, kGateFd, kOutputFd, kErrorFd, kInputFd})
    if (!given.contains(number)) monitor.open(number, "/dev/null", O_RDWR);
  std::vector<std::string> words = {path};
  words.insert(words.end(), spawn.arguments.begin(), spawn.arguments.end());
  if (!spawn.cgroup.empty()) monitor.into_cgroup(Cgroup(spawn.cgroup).made_birth_folder());
  const sys::Fd high(
      sys::check(::fcntl(program.get(), F_DUPFD_CLOEXEC, first_free), "fcntl", "F_DUPFD_CLOEXEC"));
  return {monitor.begin("/proc/self/fd/" + std::to_string(high.get()), words), std::move(report.ours)};
}

MonitorProcess spawn_monitor(const MonitorSpawn& spawn) {
  MonitorProcess monitor = begin_monitor(spawn);
  monitor.process.settle();
  return monitor;
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
