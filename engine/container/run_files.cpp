#include "engine/container/run_files.h"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "engine/container/runtime.h"
#include "engine/error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace engine {

namespace {

int64_t milliseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

}  // namespace

void write_status(const std::string& state_dir, const Status& status) {
  sys::write_file_atomic(state_dir + "/status.json", to_json(status));
}

void sync_status(const std::string& state_dir) noexcept {
  for (const std::string& path : {state_dir + "/status.json", state_dir}) {
    const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd) ::fsync(fd.get());
  }
}

bool means_stop(int signal, const Spec& spec) {
  return signal == SIGKILL || signal == SIGTERM || signal == signal_number(spec.stop_signal);
}

int64_t unix_ms() {
  return milliseconds(CLOCK_REALTIME);
}
int64_t monotonic_ms() {
  return milliseconds(CLOCK_MONOTONIC);
}

}  // namespace engine
