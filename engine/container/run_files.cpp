#include "engine/container/run_files.h"

#include <signal.h>
#include <time.h>

#include "engine/container/runtime.h"
#include "engine/error.h"
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
