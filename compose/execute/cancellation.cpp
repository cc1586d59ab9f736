#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "compose/execute/executor.h"
#include "sys/error.h"

namespace compose {

Cancellation::Cancellation() : fd_(sys::check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

Cancellation::~Cancellation() {
  close(fd_);
}

void Cancellation::cancel() {
  const int saved = errno;
  cancelled_.store(true);
  eventfd_write(fd_, 1);
  errno = saved;
}

bool Cancellation::cancelled() const {
  return cancelled_.load();
}

int Cancellation::fd() const {
  return fd_;
}

}  // namespace compose
