#include "engine/state/database.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>
#include <vector>

#include "../small_disk.h"
#include "engine/error.h"
#include "engine/state/containers.h"
#include "engine/state/networks.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/compose-state-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { sys::remove_tree(path); }
  std::string path;
};

int64_t count(engine::Database& db, const std::string& table) {
  auto query = db.prepare("SELECT count(*) FROM " + table);
  query.step();
  return query.integer(0);
}

void add_volume(engine::Database& db, const std::string& name) {
  db.prepare("INSERT INTO volumes(name, config, anonymous, created_ms) VALUES(?, '{}', 0, 1)")
      .bind(1, name)
      .step();
}

}  // namespace

TEST_CASE("a write that throws leaves nothing behind") {
  const Folder folder;
  engine::Database db(folder.path + "/state.db");
  CHECK_THROWS_AS(db.write([&] {
    add_volume(db, "a");
    throw std::runtime_error("no");
  }),
                  std::runtime_error);
  CHECK(count(db, "volumes") == 0);
}

TEST_CASE("what is committed is on the disk") {
  const Folder folder;
  engine::Database db(folder.path + "/state.db");
  auto query = db.prepare("PRAGMA synchronous");
  REQUIRE(query.step());
  CHECK(query.integer(0) == 2);  // FULL
}

TEST_CASE("who refuses a new database leaves none behind") {
  const Folder folder;
  const std::string path = folder.path + "/state.db";
  const auto refuse = [] { throw engine::Error(engine::Error::Kind::kUnavailable, "lost"); };
  CHECK_THROWS_WITH(engine::Database(path, refuse), Catch::Contains("lost"));
  CHECK_THROWS_WITH(engine::Database(path, refuse), Catch::Contains("lost"));
  { const engine::Database made(path); }
  CHECK_NOTHROW(engine::Database(path, refuse));
}

TEST_CASE("the log stays short though every process writes but once") {
  const Folder folder;
  const std::string path = folder.path + "/state.db";
  int longest = 0;
  for (int i = 0; i < 100; ++i) {
    {
      engine::Database db(path);
      db.write([&] { add_volume(db, "volume" + std::to_string(i)); });
    }
    longest = std::max(longest, static_cast<int>(std::filesystem::file_size(path + "-wal")));
  }
  CHECK(longest > 0);
  CHECK(longest < 100 * 4096);
  engine::Database db(path);
  CHECK(count(db, "volumes") == 100);
}

TEST_CASE("who leaves the log to another does not empty it, and that one does") {
  const Folder folder;
  const std::string path = folder.path + "/state.db";
  const auto log_size = [&] { return std::filesystem::file_size(path + "-wal"); };
  const auto fill = [&](engine::Database& db, const std::string& prefix) {
    for (int i = 0; i < 50; ++i) db.write([&] { add_volume(db, prefix + std::to_string(i)); });
  };
  {
    engine::Database db(path);
    fill(db, "left");
    db.leave_log();
  }
  CHECK(log_size() > 64 * 4096);
  {
    engine::Database other(path);
    other.tidy_log();
    CHECK(log_size() < 8 * 4096);
    CHECK(log_size() > 0);  // it is begun
  }
  engine::Database db(path);
  CHECK(count(db, "volumes") == 50);
  const auto before = log_size();
  db.tidy_log();  // not worth it
  CHECK(log_size() == before);
}

TEST_CASE("a nested write belongs to the outer one") {
  const Folder folder;
  engine::Database db(folder.path + "/state.db");
  CHECK_THROWS(db.write([&] {
    db.write([&] { add_volume(db, "a"); });
    throw std::runtime_error("no");
  }));
  CHECK(count(db, "volumes") == 0);
  db.write([&] { db.write([&] { add_volume(db, "a"); }); });
  CHECK(count(db, "volumes") == 1);
}

TEST_CASE("a name that is taken is a conflict") {
  const Folder folder;
  engine::Database db(folder.path + "/state.db");
  db.write([&] { add_volume(db, "a"); });
  try {
    db.write([&] { add_volume(db, "a"); });
    FAIL("no error");
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kConflict);
  }
}

TEST_CASE("threads and connections take turns and lose no write") {
  const Folder folder;
  const std::string path = folder.path + "/state.db";
  engine::Database shared(path);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      engine::Database own(path);
      for (int i = 0; i < 25; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        own.write([&] { add_volume(own, "own-" + name); });
        shared.write([&] { add_volume(shared, "shared-" + name); });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(count(shared, "volumes") == 200);
}

TEST_CASE("many that open a new database at once all succeed") {
  const Folder folder;
  for (int round = 0; round < 20; ++round) {
    const std::string path = folder.path + "/state" + std::to_string(round) + ".db";
    std::atomic<int> waiting = 8, failed = 0;
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (--waiting; waiting > 0;) std::this_thread::yield();
        try {
          engine::Database db(path);
          db.read([&] { count(db, "volumes"); });
        } catch (const std::exception& error) {
          ::fprintf(stderr, "%s\n", error.what());
          ++failed;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
  }
}

TEST_CASE("a file that is no database, and one of a newer version, are refused with a reason") {
  const Folder folder;
  const std::string path = folder.path + "/state.db";
  SECTION("garbage") {
    sys::write_file_atomic(path, std::string(8192, 'x'));
    CHECK_THROWS_WITH(engine::Database(path), Catch::Contains(path) && Catch::Contains("damaged"));
  }
  SECTION("newer") {
    { engine::Database(path).prepare("PRAGMA user_version=999").step(); }
    CHECK_THROWS_WITH(engine::Database(path), Catch::Contains("newer compose"));
  }
}

TEST_CASE("on a disk that has become full it can still be recorded that things go") {
  if (::geteuid() != 0) {
    std::puts("SKIPPED-ROOT-ONLY: mounting a small disk needs root");
    return;
  }
  const small_disk::SmallDisk disk("8m");
  engine::Database db(disk.path + "/state.db");
  for (int i = 0; i < 20; ++i) db.write([&] { add_volume(db, "volume" + std::to_string(i)); });
  disk.fill();
  for (int i = 0; i < 20; ++i) {
    CHECK_NOTHROW(db.write([&] {
      db.prepare("DELETE FROM volumes WHERE name = ?").bind(1, "volume" + std::to_string(i)).step();
    }));
  }
  CHECK(count(db, "volumes") == 0);
}

TEST_CASE("what an earlier version has recorded of networks and endpoints is brought over") {
  const Folder folder;
  const std::string path = folder.path + "/state.db";
  {
    engine::Database db(path);
    // As it was when an endpoint had an IPv4 address alone.
    for (const char* statement :
         {"PRAGMA foreign_keys=OFF", "DROP TABLE endpoints",
          "CREATE TABLE endpoints(network_id TEXT NOT NULL REFERENCES networks(id), container_id TEXT NOT "
          "NULL "
          "REFERENCES containers(id) ON DELETE CASCADE, address TEXT NOT NULL, mac TEXT NOT NULL, aliases "
          "TEXT NOT "
          "NULL, position INTEGER NOT NULL, PRIMARY KEY(network_id, container_id), UNIQUE(network_id, "
          "address)) "
          "WITHOUT ROWID",
          "CREATE INDEX endpoints_container ON endpoints(container_id)",
          "INSERT INTO networks VALUES('n1', 'shop', 'bridge', '10.1.0.0/16', '10.1.0.1', "
          "'{\"name\":\"shop\"}', 1)",
          "INSERT INTO images VALUES('sha256:1', 1, 1)",
          "INSERT INTO containers VALUES('c1', 'web', '', 'x', 'sha256:1', '{}', '', 1)",
          "INSERT INTO endpoints VALUES('n1', 'c1', '10.1.0.2', '02:42:0a:01:00:02', '[\"www\"]', 0)",
          "PRAGMA user_version=4"}) {
      auto query = db.prepare(statement);
      while (query.step()) {
      }
    }
  }
  engine::Database db(path);
  const auto network = engine::find_network(db, "shop");
  REQUIRE(network);
  REQUIRE(network->config.pools.size() == 1);
  CHECK(network->config.pools[0].subnet == "10.1.0.0/16");
  CHECK(network->config.pools[0].gateway == "10.1.0.1");
  CHECK(engine::network_addresses(db, "n1") == std::set<std::string>{"10.1.0.2"});
  const auto container = engine::find_container_record(db, "web");
  REQUIRE(container);
  REQUIRE(container->endpoints.size() == 1);
  CHECK(container->endpoints[0].address == "10.1.0.2");
  CHECK(container->endpoints[0].address6.empty());
  CHECK(container->endpoints[0].aliases == std::vector<std::string>{"www"});
}

TEST_CASE("a listing tells what the whole record does, by project, name and id, and after a rename") {
  const Folder folder;
  engine::Database db(folder.path + "/state.db");
  db.prepare("INSERT INTO images VALUES('sha256:1', 1, 1)").step();
  engine::ContainerRecord record;
  record.id = std::string(64, 'a');
  record.image_id = "sha256:1";
  record.config.name = "web";
  record.config.image = "nginx:1";
  record.config.labels = {{"com.docker.compose.project", "shop"}, {"tier", "front"}};
  record.config.ports.push_back({"127.0.0.1", 8080, 8080, 80, "udp"});
  record.config.expose = {"443/tcp"};
  record.config.log.driver = "local";
  record.config.environment = {{"A", "1"}};
  record.command = "nginx -g";
  record.created_ms = 5;
  record.mounts.push_back({engine::MountConfig::Type::kBind, "/src", "/dst", true});
  engine::ContainerRecord plain;
  plain.id = std::string(64, 'b');
  plain.image_id = "sha256:1";
  plain.config.name = "plain";
  db.write([&] {
    engine::insert_container(db, record);
    engine::insert_container(db, plain);
    engine::rename_container_record(db, record.id, "front");
    engine::take_port(db, record.id, record.config.ports[0]);
  });
  const auto same = [](const engine::ContainerListing& a, const engine::ContainerListing& b) {
    CHECK(a.id == b.id);
    CHECK(a.image_id == b.image_id);
    CHECK(a.name == b.name);
    CHECK(a.image == b.image);
    CHECK(a.config.labels == b.config.labels);
    CHECK(a.config.ports == b.config.ports);
    CHECK(a.config.expose == b.config.expose);
    CHECK(a.config.log_driver == b.config.log_driver);
    CHECK(a.command == b.command);
    CHECK(a.created_ms == b.created_ms);
    CHECK(a.ports == b.ports);
    REQUIRE(a.mounts.size() == b.mounts.size());
    for (size_t i = 0; i < a.mounts.size(); ++i) {
      CHECK(a.mounts[i].source == b.mounts[i].source);
      CHECK(a.mounts[i].target == b.mounts[i].target);
      CHECK(a.mounts[i].read_only == b.mounts[i].read_only);
    }
  };
  for (const std::string name : {"front", "/front", "aaaa", record.id.c_str(), "plain"}) {
    INFO(name);
    const auto listing = engine::find_container_listing(db, name);
    const auto whole = engine::find_container_record(db, name);
    REQUIRE(listing);
    REQUIRE(whole);
    same(*listing, engine::listing_of(*whole));
  }
  const auto shop = engine::container_listings(db, "shop");
  REQUIRE(shop.size() == 1);
  CHECK(shop[0].name == "front");
  CHECK(shop[0].image == "nginx:1");
  CHECK(shop[0].config.log_driver == "local");
  CHECK(engine::container_listings(db, std::nullopt).size() == 2);
  CHECK(engine::find_container_listing(db, "plain")->config.log_driver == "json-file");
  CHECK_FALSE(engine::find_container_listing(db, "web"));
}
