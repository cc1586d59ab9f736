#include "engine/build/build_stop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "sys/error.h"

namespace engine::build {
namespace {

// An epoll descriptor is itself readable when one of those it watches is (man 7 epoll).
void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  sys::check(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

}  // namespace

BuildStop::BuildStop(BuildObserver& observer)
    : observer_(observer),
      failure_(sys::check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      any_(sys::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  watch(any_.get(), failure_.get());
  if (observer.cancel_fd() >= 0) watch(any_.get(), observer.cancel_fd());
}

void BuildStop::fail() {
  failed_ = true;
  ::eventfd_write(failure_.get(), 1);
}

}  // namespace engine::build
