#include "netmgr/lb/event_loop.h"

#include <catch2/catch.hpp>
#include <functional>

using namespace netmgr::lb;

namespace {

class Ticker : public EventHandler {
 public:
  explicit Ticker(std::function<void()> tick) : tick_(std::move(tick)) {}
  void on_events(uint32_t /*events*/) override {}
  void on_timeout() override { tick_(); }

 private:
  std::function<void()> tick_;
};

}  // namespace

TEST_CASE("timers of any duration end in their order, also when one is armed from another") {
  EventLoop loop;
  std::vector<int> order;
  auto* third = loop.adopt(std::make_unique<Ticker>([&] { order.push_back(3); }));
  auto* second = loop.adopt(std::make_unique<Ticker>([&] { order.push_back(2); }));
  auto* first = loop.adopt(std::make_unique<Ticker>([&] {
    order.push_back(1);
    for (uint64_t other = 100; other < 140; ++other) loop.arm(*third, other);  // durations never seen before
    loop.arm(*third, 5);
  }));
  auto* never = loop.adopt(std::make_unique<Ticker>([&] { order.push_back(4); }));
  loop.arm(*second, 300);
  loop.arm(*first, 10);
  loop.arm(*never, 10);
  EventLoop::disarm(*never);
  while (order.size() < 3) loop.run_once(50);
  CHECK(order.front() == 1);
  CHECK(std::count(order.begin(), order.end(), 4) == 0);
}

TEST_CASE("a retired handler hears of nothing more") {
  EventLoop loop;
  int heard = 0;
  auto* handler = loop.adopt(std::make_unique<Ticker>([&] { ++heard; }));
  loop.arm(*handler, 1);
  loop.retire(handler);
  loop.arm(*handler, 1);
  loop.run_once(5);
  loop.run_once(5);
  CHECK(heard == 0);
}
