#include "netmgr/lb/server_pool.h"

#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "unit/lb/scene.h"

using namespace scene;
using namespace netmgr::lb;

namespace {

BackendConfig backend_of(const std::vector<std::string>& names) {
  BackendConfig config;
  config.name = "web";
  uint16_t port = 1;
  for (const std::string& name : names) {
    ServerConfig server = server_at(port++);
    server.name = name;
    config.servers.push_back(server);
  }
  return config;
}

// Which server each of `count` requests goes to.
std::map<std::string, int> shares(Backend& backend, int count, uint64_t hash = 0) {
  std::map<std::string, int> result;
  for (int i = 0; i < count; ++i) ++result[backend.choose(hash, nullptr, nullptr).server->config.name];
  return result;
}

// What time it is, is known from the last wake.
void wait(EventLoop& loop, int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  loop.run_once(0);
}

struct Pool {
  explicit Pool(const BackendConfig& config) : backend(loop, [](const std::string&) {}) {
    backend.update(config, 0);
  }
  EventLoop loop;
  Backend backend;
};

}  // namespace

TEST_CASE("requests are shared by weight, in turns") {
  for (const Balance balance :
       {Balance::kRoundRobin, Balance::kStaticRoundRobin, Balance::kLeastConnections}) {
    BackendConfig config = backend_of({"a", "b"});
    config.balance = balance;
    config.servers[0].weight = 3;
    Pool pool(config);
    CHECK(shares(pool.backend, 40) == std::map<std::string, int>{{"a", 30}, {"b", 10}});
  }
}

TEST_CASE("leastconn gives to who has the least under way for its weight") {
  BackendConfig config = backend_of({"a", "b"});
  config.balance = Balance::kLeastConnections;
  config.servers[1].weight = 2;
  Pool pool(config);
  Server& a = *pool.backend.servers()[0];
  Server& b = *pool.backend.servers()[1];
  for (int i = 0; i < 3; ++i) pool.backend.take(b);
  CHECK(pool.backend.choose(0, nullptr, nullptr).server->config.name == "a");
  for (int i = 0; i < 2; ++i) pool.backend.take(a);
  CHECK(pool.backend.choose(0, nullptr, nullptr).server->config.name == "b");
}

TEST_CASE("source gives a client the same server as long as it is there, and all clients a share each") {
  BackendConfig config = backend_of({"a", "b", "c"});
  config.balance = Balance::kSource;
  Pool pool(config);
  std::map<std::string, int> all;
  for (int i = 1; i < 250; ++i) {
    const auto address = SocketAddress::parse("10.1.2." + std::to_string(i) + ":99");
    const auto mine = shares(pool.backend, 5, address->hash());
    REQUIRE(mine.size() == 1);
    ++all[mine.begin()->first];
  }
  for (const auto& [name, count] : all) CHECK(count > 50);
  CHECK(all.size() == 3);
}

TEST_CASE("a server that comes later gets its share by and by, but for static-rr") {
  for (const Balance balance : {Balance::kRoundRobin, Balance::kStaticRoundRobin}) {
    BackendConfig config = backend_of({"a"});
    config.balance = balance;
    config.slow_start_ms = 400;
    Pool pool(config);
    CHECK(shares(pool.backend, 10)["a"] == 10);
    config.servers = backend_of({"a", "b"}).servers;
    pool.backend.update(config, 0);
    wait(pool.loop, 40);
    const int early = shares(pool.backend, 200)["b"];
    wait(pool.loop, 500);
    const int late = shares(pool.backend, 200)["b"];
    INFO(name_of(balance));
    CHECK(late == 100);
    if (balance == Balance::kRoundRobin)
      CHECK((early > 5 && early < 80));
    else
      CHECK(early == 100);
  }
}

TEST_CASE("backup servers get requests while no other is there, the first or all") {
  BackendConfig config = backend_of({"a", "b", "c"});
  config.servers[1].backup = config.servers[2].backup = true;
  Pool pool(config);
  CHECK(shares(pool.backend, 9) == std::map<std::string, int>{{"a", 9}});
  config.servers[0].drain = true;
  pool.backend.update(config, 0);
  CHECK(shares(pool.backend, 10) == std::map<std::string, int>{{"b", 10}});
  config.all_backups = true;
  pool.backend.update(config, 0);
  CHECK(shares(pool.backend, 10) == std::map<std::string, int>{{"b", 5}, {"c", 5}});
}

TEST_CASE("a server that is full is passed over until a request ends") {
  BackendConfig config = backend_of({"a", "b"});
  config.servers[0].max_connections = 1;
  config.servers[1].max_connections = 1;
  Pool pool(config);
  Server& a = *pool.backend.servers()[0];
  Server& b = *pool.backend.servers()[1];
  pool.backend.take(a);
  CHECK(shares(pool.backend, 4) == std::map<std::string, int>{{"b", 4}});
  pool.backend.take(b);
  const Backend::Choice none = pool.backend.choose(0, nullptr, nullptr);
  CHECK_FALSE(none.server);
  CHECK(none.full);
  // A client that belongs to one waits for it.
  CHECK(pool.backend.choose(0, &a, nullptr).wanted == &a);
  pool.backend.release(a);
  CHECK(pool.backend.choose(0, nullptr, nullptr).server->config.name == "a");
}

TEST_CASE("rates count the second before as far as it reaches into the last 1000 ms") {
  Rate rate;
  for (int i = 0; i < 100; ++i) rate.count(5'500);
  CHECK(rate.per_second(5'900) == 100);
  CHECK(rate.per_second(6'250) == 75);
  CHECK(rate.per_second(7'500) == 0);
  CHECK(rate.most() == 100);
}
