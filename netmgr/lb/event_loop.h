#pragma once
// The one thread's loop: edge-triggered epoll(7) and timers. Handlers are owned by the loop from adopt to
// retire; a retired one is destroyed after the events at hand, so pointers to it stay good until then.
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "sys/fd.h"

namespace netmgr::lb {

class EventLoop;

class EventHandler {
 public:
  EventHandler() = default;
  EventHandler(const EventHandler&) = delete;
  EventHandler& operator=(const EventHandler&) = delete;
  virtual ~EventHandler();
  // `events` as of epoll_wait(2).
  virtual void on_events(uint32_t events) = 0;
  virtual void on_timeout() {}

 private:
  friend class EventLoop;
  struct TimerList {
    uint64_t duration;
    EventHandler* first = nullptr;
    EventHandler* last = nullptr;
  };
  void unlink();

  // A handler's timer is in the list of those that run as long as it does: a list is in order of time by
  // itself.
  TimerList* list_ = nullptr;
  EventHandler* before_ = nullptr;
  EventHandler* after_ = nullptr;
  uint64_t deadline_ = 0;
  bool retired_ = false;
  bool posted_ = false;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  template <typename Handler>
  Handler* adopt(std::unique_ptr<Handler> handler) {
    Handler* raw = handler.get();
    owned_.emplace(raw, std::move(handler));
    return raw;
  }
  void retire(EventHandler* handler);

  // EPOLL_CTL_ADD. Throws sys::Error.
  void watch(int fd, uint32_t events, EventHandler& handler);
  void change(int fd, uint32_t events, EventHandler& handler);
  // EPOLL_CTL_DEL, which closing does but for descriptors that were duplicated.
  void forget(int fd);

  // One timer each: arming sets it anew.
  void arm(EventHandler& handler, uint64_t milliseconds);
  static void disarm(EventHandler& handler) { handler.unlink(); }

  // on_events(0) for it, after the events at hand.
  void post(EventHandler& handler);

  // Milliseconds of the monotonic clock as of the last wake.
  uint64_t now() const { return now_; }
  // Waits for events or timers, at most so long, and handles them.
  void run_once(int milliseconds);

 private:
  int wait_time(int most) const;
  void expire();
  void handle_posted();

  sys::Fd epoll_;
  uint64_t now_ = 0;
  std::list<EventHandler::TimerList> timers_;
  std::unordered_map<EventHandler*, std::unique_ptr<EventHandler>> owned_;
  std::vector<std::unique_ptr<EventHandler>> retired_;
  std::vector<EventHandler*> posted_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace netmgr::lb
