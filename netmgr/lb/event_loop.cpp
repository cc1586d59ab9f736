#include "netmgr/lb/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "sys/error.h"

namespace netmgr::lb {
namespace {

constexpr size_t kMostDurations = 16;

uint64_t monotonic() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000 + static_cast<uint64_t>(time.tv_nsec) / 1'000'000;
}

}  // namespace

EventHandler::~EventHandler() {
  unlink();
}

void EventHandler::unlink() {
  if (list_ == nullptr) return;
  (before_ != nullptr ? before_->after_ : list_->first) = after_;
  (after_ != nullptr ? after_->before_ : list_->last) = before_;
  list_ = nullptr;
  before_ = after_ = nullptr;
}

EventLoop::EventLoop()
    : epoll_(sys::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")), now_(monotonic()) {}

EventLoop::~EventLoop() {
  // Their destructors may retire others.
  while (!owned_.empty()) {
    auto owned = std::move(owned_);
    owned_.clear();
    owned.clear();
  }
  retired_.clear();
}

void EventLoop::retire(EventHandler* handler) {
  const auto found = owned_.find(handler);
  if (found == owned_.end()) return;
  handler->unlink();
  handler->retired_ = true;
  retired_.push_back(std::move(found->second));
  owned_.erase(found);
}

void EventLoop::watch(int fd, uint32_t events, EventHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  sys::check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void EventLoop::change(int fd, uint32_t events, EventHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  sys::check(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
}

void EventLoop::forget(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::arm(EventHandler& handler, uint64_t milliseconds) {
  if (handler.retired_) return;
  handler.unlink();
  auto list = std::find_if(timers_.begin(), timers_.end(),
                           [&](const EventHandler::TimerList& one) { return one.duration == milliseconds; });
  if (list == timers_.end()) list = timers_.insert(timers_.end(), EventHandler::TimerList{milliseconds});
  handler.deadline_ = now_ + milliseconds;
  handler.list_ = &*list;
  handler.before_ = list->last;
  (list->last != nullptr ? list->last->after_ : list->first) = &handler;
  list->last = &handler;
}

void EventLoop::post(EventHandler& handler) {
  if (handler.posted_ || handler.retired_) return;
  handler.posted_ = true;
  posted_.push_back(&handler);
}

// Those posted meanwhile have their turn after the next events, or they could keep the loop for themselves.
void EventLoop::handle_posted() {
  std::vector<EventHandler*> handlers;
  handlers.swap(posted_);
  for (EventHandler* handler : handlers) {
    handler->posted_ = false;
    if (!handler->retired_) handler->on_events(0);
  }
}

int EventLoop::wait_time(int most) const {
  if (!posted_.empty() || !retired_.empty()) return 0;  // what was retired outside of a turn is to go
  uint64_t wait = static_cast<uint64_t>(most);
  for (const EventHandler::TimerList& list : timers_)
    if (list.first != nullptr)
      wait = std::min(wait, list.first->deadline_ > now_ ? list.first->deadline_ - now_ : 0);
  return static_cast<int>(wait);
}

void EventLoop::expire() {
  for (EventHandler::TimerList& list : timers_) {
    while (list.first != nullptr && list.first->deadline_ <= now_) {
      EventHandler* handler = list.first;
      handler->unlink();
      handler->on_timeout();
    }
  }
  // Changed configurations bring new durations. Only here, where nobody goes through the lists any more.
  if (timers_.size() > kMostDurations)
    timers_.remove_if([](const EventHandler::TimerList& one) { return one.first == nullptr; });
}

void EventLoop::run_once(int milliseconds) {
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), wait_time(milliseconds));
  if (count < 0 && errno != EINTR) sys::fail("epoll_wait");
  now_ = monotonic();
  for (int i = 0; i < count; ++i) {
    auto* handler = static_cast<EventHandler*>(events_[static_cast<size_t>(i)].data.ptr);
    if (!handler->retired_) handler->on_events(events_[static_cast<size_t>(i)].events);
  }
  handle_posted();
  expire();
  // Nobody that goes now is called again.
  std::erase_if(posted_, [](const EventHandler* handler) { return handler->retired_; });
  retired_.clear();
}

}  // namespace netmgr::lb
