// Which replicas a name leads to.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::set<std::string> addresses(Sandbox& sandbox, const std::string& name) {
  std::istringstream words(sandbox.compose({"exec", "-T", "client", "nslookup", name, "127.0.0.11"}).out);
  std::set<std::string> found;
  bool named = false;
  for (std::string word, last; words >> word; last = word) {
    if (word == "Name:") named = true;
    if (named && last == "Address:") found.insert(word);
  }
  return found;
}

// What `count` replicas of web answer with.
bool leads_to(Sandbox& sandbox, size_t count) {
  return it::eventually([&] { return addresses(sandbox, "web").size() == count; });
}

}  // namespace

TEST_CASE(
    "an unhealthy replica leaves the answers and comes back, and where all are unhealthy all are given") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  client: {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL}
  web:
    image: busybox
    command: sh -c "touch /good; exec sleep 1000"
    stop_signal: SIGKILL
    scale: 2
    healthcheck: {test: [CMD, test, -e, /good], interval: 100ms, retries: 1}
)");
  sandbox.ok({"up", "-d", "--wait"});
  CHECK(leads_to(sandbox, 2));
  sandbox.ok({"exec", "-T", "--index", "2", "web", "rm", "/good"});
  REQUIRE(leads_to(sandbox, 1));
  // Its own name, which nobody else has, still leads to it.
  CHECK(addresses(sandbox, sandbox.project() + "-web-2").size() == 1);
  CHECK(addresses(sandbox, "web") == addresses(sandbox, sandbox.project() + "-web-1"));
  sandbox.ok({"exec", "-T", "--index", "1", "web", "rm", "/good"});
  CHECK(leads_to(sandbox, 2));
  sandbox.ok({"exec", "-T", "--index", "2", "web", "touch", "/good"});
  CHECK(leads_to(sandbox, 1));
  sandbox.ok({"exec", "-T", "--index", "1", "web", "touch", "/good"});
  CHECK(leads_to(sandbox, 2));
  sandbox.finish();
}

TEST_CASE("names follow scale, stop and start at once") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  client: {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL}
  web: {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL}
)");
  sandbox.ok({"up", "-d"});
  CHECK(addresses(sandbox, "web").size() == 1);
  sandbox.ok({"up", "-d", "--scale", "web=3"});
  CHECK(addresses(sandbox, "web").size() == 3);
  sandbox.ok({"container", "stop", sandbox.project() + "-web-2"});
  CHECK(addresses(sandbox, "web").size() == 2);
  sandbox.ok({"container", "start", sandbox.project() + "-web-2"});
  CHECK(addresses(sandbox, "web").size() == 3);
  sandbox.ok({"up", "-d", "--scale", "web=1"});
  CHECK(addresses(sandbox, "web").size() == 1);
  sandbox.finish();
}
