// examples/scale from end to end: Flask and Redis from Debian's packages, three copies behind the balancer.
#include <catch2/catch.hpp>
#include <map>

#include "places.h"
#include "sandbox.h"

using it::Sandbox;

namespace {

const std::string kExample = places::source("examples/scale/");

// Who answered how many of `count` visits, by the page.
std::map<std::string, int> visits(int count) {
  std::map<std::string, int> replicas;
  const std::string mark = "id=\"replica\">";
  for (int i = 0; i < count; ++i) {
    const std::string page = it::http("http://127.0.0.1:8080/");
    const size_t at = page.find(mark);
    ++replicas[at == std::string::npos ? "nobody" : page.substr(at + mark.size(), 12)];
  }
  return replicas;
}

bool all_answer(size_t replicas) {
  return it::eventually(
      [&] {
        const auto found = visits(static_cast<int>(replicas) * 3);
        return found.size() == replicas && !found.contains("nobody");
      },
      std::chrono::seconds(30));
}

}  // namespace

TEST_CASE(
    "examples/scale is built from packages, and each copy of its web answers, in the long and the short form",
    "[packages]") {
  if (!it::is_root()) return;
  // Packages come over the machine's own network.
  Sandbox sandbox(Sandbox::Network::kHost);
  const auto compose = [&](const std::string& file, std::vector<std::string> args) {
    args.insert(args.begin(), {"-f", kExample + file});
    return sandbox.ok(args);
  };
  sandbox.options().timeout = std::chrono::minutes(8);
  sandbox.ok({"image", "import", it::base_image("debian-slim"), "debian:bookworm-slim", "--change",
              "CMD [\"bash\"]", "--change",
              "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
  compose("docker-compose.yml", {"-f", kExample + "docker-compose.build.yml", "build"});
  sandbox.enter_own_network();
  sandbox.options().timeout = std::chrono::minutes(1);
  for (const std::string file : {"docker-compose.yml", "docker-compose.short.yml"}) {
    INFO(file);
    compose(file, {"up", "-d", "--scale", "web=3"});
    CHECK(all_answer(3));
    CHECK(it::http("http://127.0.0.1:8080/").find("one of 3") != std::string::npos);
    compose(file, {"up", "-d", "--scale", "web=2"});
    CHECK(all_answer(2));
    CHECK(compose(file, {"lb"}).out.find("-web-2 ") != std::string::npos);
    compose(file, {"down", "-v", "-t", "1"});
  }
  sandbox.finish();
}
