// What a load balancer is told to do, by its monitor's desk.
#include "engine/monitor/lb_desk.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "engine/container/run_files.h"
#include "netmgr/endpoint_file.h"
#include "netmgr/lb/config.h"
#include "sys/file.h"
#include "sys/unix_address.h"
#include "unit/netmgr/folder.h"

namespace {

using netmgr::lb::BackendConfig;
using netmgr::lb::Config;

constexpr const char* kOfDemo = R"({"com.docker.compose.project":"demo"})";

// A balancer and whom it finds on its network, without any of them running.
class Place {
 public:
  Place() {
    sys::make_dirs(network());
    balancer.id = std::string(64, 'f');
    balancer.run_dir = run() + "/" + balancer.id.substr(0, 12);
    balancer.name = "demo-lb-1";
    balancer.event_attrs = kOfDemo;
    balancer.networks.push_back({});
    balancer.networks[0].directory = network();
    sys::make_dirs(balancer.run_dir);
  }
  std::string run() const { return folder_.path + "/run"; }
  std::string network() const { return folder_.path + "/network"; }
  std::string spec_of(char id) const { return engine::spec_file(run() + "/" + std::string(12, id)); }

  void add(char id, const std::string& project, const std::string& service,
           const std::string& host = "") const {
    engine::Spec spec;
    spec.id = std::string(64, id);
    spec.name = project + "-" + service + "-1";
    spec.event_attrs = R"({"com.docker.compose.project":")" + project +
                       R"(","com.docker.compose.service":")" + service + R"("})";
    spec.exposed = {"80/tcp"};
    if (!host.empty()) spec.env = {"VIRTUAL_HOST=" + host};
    sys::make_dirs(run() + "/" + std::string(12, id));
    sys::write_file_atomic(spec_of(id), to_json(spec));
    netmgr::register_endpoint(network(), spec.id, {std::string("10.0.0.") + std::to_string(id)},
                              {spec.name, service});
  }
  Config config() const {
    return netmgr::lb::parse_config(sys::read_file(balancer.run_dir + "/lb/config.json"));
  }
  // "backend:server,server backend:..."
  std::string backends() const {
    std::string text;
    for (const BackendConfig& backend : config().backends) {
      text.append(text.empty() ? "" : " ").append(backend.name).append(":");
      for (const auto& server : backend.servers)
        text.append(text.ends_with(':') ? "" : ",").append(server.name);
    }
    return text;
  }
  engine::Spec balancer;

 private:
  netmgr::test::Folder folder_;
};

}  // namespace

TEST_CASE("a link means the service of its own project, though another's of that name is on the network") {
  Place place;
  place.balancer.links = {{"web", "web"}};
  place.add('a', "demo", "web");
  place.add('b', "other", "web");
  const monitor::LbDesk desk(place.balancer);
  CHECK(place.backends() == "web:demo-web-1");
  // One that is in no project means all that have the name, and so does the name of a container.
  place.balancer.event_attrs.clear();
  monitor::LbDesk free(place.balancer);
  CHECK(place.backends() == "default_service:demo-web-1,other-web-1");
  place.balancer.event_attrs = kOfDemo;
  place.balancer.links = {{"other-web-1", "other-web-1"}};
  free.reload(place.balancer);
  CHECK(place.backends() == "web:other-web-1");
}

TEST_CASE("a service that is not asked for any more is forgotten, one that is away for a while is not") {
  Place place;
  place.balancer.links = {{"web", "web"}, {"shop", "shop"}};
  place.add('a', "demo", "web", "web.test");
  place.add('b', "demo", "shop", "shop.test");
  monitor::LbDesk desk(place.balancer);
  CHECK(place.backends() == "shop:demo-shop-1 web:demo-web-1");
  for (const char id : {'a', 'b'}) netmgr::unregister_endpoint(place.network(), std::string(64, id));
  desk.serve_watch();
  CHECK(place.backends() == "shop: web:");
  place.balancer.links.pop_back();
  desk.reload(place.balancer);
  CHECK(place.backends() == "web:");
  CHECK(place.config().frontends.at(0).rules.at(0).host == "web.test");
}

TEST_CASE("a container whose description cannot be read keeps nobody else from being balanced") {
  Place place;
  place.add('a', "demo", "web");
  place.add('b', "demo", "shop");
  sys::write_file_atomic(place.spec_of('b'), "{");
  monitor::LbDesk desk(place.balancer);
  CHECK(place.backends() == "web:demo-web-1");
  place.add('b', "demo", "shop");
  desk.serve_watch();
  CHECK(place.backends() == "default_service:demo-shop-1,demo-web-1");
}

TEST_CASE("who leaves waits for a balancer that runs, and not for one that has ended or not begun") {
  Place place;
  place.add('a', "demo", "web");
  monitor::LbDesk desk(place.balancer);
  const auto leave = [&](bool notified) {
    netmgr::Leave leaver;
    leaver.ask({place.network()}, std::string(64, 'a'));
    REQUIRE_FALSE(leaver.granted());
    desk.serve_watch();
    leaver.receive();
    if (leaver.granted() || !notified) return leaver.granted();
    const sys::Fd folder = sys::open(place.balancer.run_dir + "/lb", O_PATH | O_DIRECTORY);
    const sockaddr_un address = sys::unix_address(folder, "notify");
    const sys::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const std::string text = "{\"applied\":" + std::to_string(place.config().generation) + ",\"busy\":[]}";
    REQUIRE(::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) > 0);
    desk.serve_notify();
    leaver.receive();
    return leaver.granted();
  };
  CHECK(leave(false));
  desk.balancer_began();
  CHECK_FALSE(leave(false));
  CHECK(leave(true));
  desk.balancer_ended();
  CHECK(leave(false));
  CHECK(leave(false));  // also the next one, while it waits to be started again
}

TEST_CASE("the container of a balancer gets its configuration and the socket for notices, and nothing else") {
  Place place;
  const monitor::LbDesk desk(place.balancer);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(place.balancer.run_dir + "/lb"))
    names.insert(entry.path().filename());
  CHECK(names == std::set<std::string>{"config.json", "notify"});
}
