#include "netmgr/dns_table.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "folder.h"
#include "netmgr/dns.h"
#include "netmgr/endpoint_file.h"
#include "sys/random.h"

using netmgr::register_endpoint;
using netmgr::unregister_endpoint;
using netmgr::dns::Table;
using netmgr::test::Folder;

namespace {

using netmgr::Address;
using netmgr::ipv4;

std::vector<Address> addresses(Table& table, const char* name) {
  table.refresh();
  const auto* found = table.addresses(name);
  return found == nullptr ? std::vector<Address>() : found->v4;
}

}  // namespace

TEST_CASE("An endpoint file is read strictly in its address and kindly in its names") {
  const auto entry = netmgr::parse_endpoint_file("172.18.0.2\nWeb\nshop-web-1.\n\n0123456789ab\n");
  REQUIRE(entry);
  CHECK(entry->addresses == std::vector{ipv4(0xac120002)});
  CHECK(entry->names == std::vector<std::string>{"web", "shop-web-1", "0123456789ab"});
  CHECK(entry->state == netmgr::EndpointState::kGood);
  const auto both = netmgr::parse_endpoint_file("172.18.0.2\nfd18::2\nweb\n");
  REQUIRE(both);
  CHECK(both->addresses == std::vector{ipv4(0xac120002), *netmgr::parse_address("fd18::2")});
  CHECK(both->names == std::vector<std::string>{"web"});
  const auto v6 = netmgr::parse_endpoint_file("fd18::2\nweb\n!unhealthy\n");
  REQUIRE(v6);
  CHECK(v6->addresses == std::vector{*netmgr::parse_address("fd18::2")});
  CHECK(v6->state == netmgr::EndpointState::kUnhealthy);
  CHECK(netmgr::parse_endpoint_file("fd18::2\n!leaving\n")->state == netmgr::EndpointState::kLeaving);
  CHECK_FALSE(netmgr::parse_endpoint_file(""));
  CHECK_FALSE(netmgr::parse_endpoint_file("web\n"));
}

TEST_CASE("A name leads to unhealthy endpoints only when all that have it are") {
  const Folder folder;
  const std::string one(64, '1');
  const std::string two(64, '2');
  register_endpoint(folder.path, one, {"172.18.0.2"}, {"web", "shop-web-1"});
  register_endpoint(folder.path, two, {"172.18.0.3"}, {"web", "shop-web-2"},
                    netmgr::EndpointState::kUnhealthy);
  Table table({folder.path});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120002)});
  CHECK(addresses(table, "shop-web-2") == std::vector{ipv4(0xac120003)});
  CHECK(table.name(ipv4(0xac120003)) == "web");
  register_endpoint(folder.path, one, {"172.18.0.2"}, {"web", "shop-web-1"},
                    netmgr::EndpointState::kUnhealthy);
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120002), ipv4(0xac120003)});
  register_endpoint(folder.path, two, {"172.18.0.3"}, {"web", "shop-web-2"});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120003)});
}

TEST_CASE("Endpoints appear and vanish with their files") {
  const Folder folder;
  const std::string one(64, '1');
  const std::string two(64, '2');
  register_endpoint(folder.path, one, {"172.18.0.2"}, {"web", "shop-web-1"});
  Table table({folder.path});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120002)});
  CHECK(table.name(ipv4(0xac120002)) == "web");
  register_endpoint(folder.path, two, {"172.18.0.3"}, {"web"});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120002), ipv4(0xac120003)});
  register_endpoint(folder.path, two, {"172.18.0.4"}, {"web"});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120002), ipv4(0xac120004)});
  unregister_endpoint(folder.path, one);
  unregister_endpoint(folder.path, one);
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120004)});
  CHECK(addresses(table, "shop-web-1").empty());
  CHECK(table.name(ipv4(0xac120002)).empty());
}

TEST_CASE("A folder may come later, go, and come again") {
  const Folder parent;
  const std::string folder = parent.path + "/network";
  const std::string id(64, 'a');
  Table table({folder});
  CHECK(addresses(table, "web").empty());
  register_endpoint(folder, id, {"172.18.0.2"}, {"web"});
  CHECK(addresses(table, "web").size() == 1);
  sys::remove_tree(folder);
  CHECK(addresses(table, "web").empty());
  register_endpoint(folder, id, {"172.18.0.3"}, {"web"});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120003)});
}

TEST_CASE("Only the given folders count, and what is no endpoint file in them is passed over") {
  const Folder mine;
  const Folder other;
  register_endpoint(mine.path, std::string(64, 'a'), {"172.18.0.2"}, {"web"});
  register_endpoint(other.path, std::string(64, 'b'), {"172.19.0.2"}, {"db"});
  sys::write_file_atomic(mine.path + "/notes.txt", "172.18.0.9\nweb\n");
  sys::write_file_atomic(mine.path + "/cccccccccccc", "not an address\nweb\n");
  Table table({mine.path});
  CHECK(addresses(table, "web") == std::vector{ipv4(0xac120002)});
  CHECK(addresses(table, "db").empty());
}

TEST_CASE("Folders are followed without any of the few inotify instances that a user has") {
  const Folder folder;
  register_endpoint(folder.path, std::string(64, 'a'), {"172.18.0.2"}, {"web"});
  Table table({folder.path, folder.path + "/later"});
  CHECK(addresses(table, "web").size() == 1);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one that lists them
    CHECK(std::filesystem::read_symlink(entry.path(), gone) != "anon_inode:inotify");
  }
}

TEST_CASE("A change is seen however soon it follows on another, and on a look in between") {
  const Folder folder;
  const std::string id(64, 'a');
  Table table({folder.path});
  for (uint32_t last = 1; last <= 250; ++last) {
    register_endpoint(folder.path, id, {"172.18.0." + std::to_string(last)}, {"web"});
    REQUIRE(addresses(table, "web") == std::vector{ipv4(0xac120000 + last)});
  }
  unregister_endpoint(folder.path, id);
  CHECK(addresses(table, "web").empty());
}

TEST_CASE("An endpoint is refused under an id that is none") {
  const Folder folder;
  CHECK_THROWS_AS(register_endpoint(folder.path, "../../etc/passwd", {"1.2.3.4"}, {}), sys::Error);
  CHECK_THROWS_AS(unregister_endpoint(folder.path, "short"), sys::Error);
}
