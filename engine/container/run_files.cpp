#include "engine/container/run_files.h"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "engine/container/runtime.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace engine {

namespace {

int64_t milliseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A block of most file systems; its bytes are written, so that it is taken.
constexpr size_t kSpareSize = 4096;

// A later write tries again.
void make_spare(const std::string& path) noexcept {
  const sys::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  const std::array<char, kSpareSize> zeros{};
  if (fd && ::write(fd.get(), zeros.data(), zeros.size()) != static_cast<ssize_t>(zeros.size()))
    ::unlink(path.c_str());
}

// Overwriting takes no space, nor does a change of names: what was the status is the spare of the next time.
bool write_into_spare(const std::string& spare, const std::string& path, Status status) {
  std::string text = to_json(status);
  if (text.size() > kSpareSize) {
    status.health_log.clear();
    text = to_json(status);
  }
  if (text.size() > kSpareSize) return false;
  const sys::Fd fd(::open(spare.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::pwrite(fd.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         ::ftruncate(fd.get(), static_cast<off_t>(text.size())) == 0 &&
         ::renameat2(AT_FDCWD, spare.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0;
}

}  // namespace

void write_status(const std::string& state_dir, const Status& status) {
  const std::string spare = state_dir + "/status.spare";
  try {
    sys::write_file_atomic(status_file(state_dir), to_json(status), 0644, sys::Durability::kLoose);
  } catch (const sys::Error& error) {
    if (error.code() != ENOSPC && error.code() != EDQUOT) throw;
    if (!write_into_spare(spare, status_file(state_dir), status)) throw;
    return;
  }
  if (::access(spare.c_str(), F_OK) != 0) make_spare(spare);
}

void sync_status(const std::string& state_dir) noexcept {
  for (const std::string& path : {status_file(state_dir), state_dir}) {
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
