#include <atomic>

#include "../plan/scene.h"

using namespace compose;
using namespace compose::test;

namespace {

// The most stops that were under way at once when twenty containers went down.
int most_stops(int parallel) {
  Scene scene;
  scene.parallel = parallel;
  add_service(scene.project, "web");
  scene.up({.scale = {{"web", 20}}});
  std::atomic<int> now = 0, most = 0;
  scene.engine.before = [&](const std::string& call) {
    if (call.rfind("stop ", 0) != 0) return;
    const int count = ++now;
    int seen = most;
    while (count > seen && !most.compare_exchange_weak(seen, count)) continue;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    --now;
  };
  const UpOptions none{.scale = {{"web", 0}}};
  scene.up(none);
  return most;
}

}  // namespace

TEST_CASE("stops wait side by side, however many; unless --parallel says how many steps go at once") {
  CHECK(most_stops(0) == 20);
  CHECK(most_stops(3) <= 3);
}
