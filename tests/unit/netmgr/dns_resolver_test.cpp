#include "netmgr/dns_resolver.h"

#include <array>
#include <catch2/catch.hpp>

#include "dns_message.h"
#include "folder.h"
#include "netmgr/dns.h"

using namespace netmgr::dns;
using netmgr::register_endpoint;
using netmgr::unregister_endpoint;
using netmgr::test::Folder;

namespace {

// The last byte of the one address that a name has; 0 when the question is for others.
int answered(Resolver& resolver, const std::string& name) {
  const netmgr::test::Message query = netmgr::test::make_query(7, name);
  std::array<uint8_t, kMaxUdpSize> buffer{};
  size_t size = 0;
  const auto outcome = resolver.resolve(query, Transport::kUdp, buffer, size);
  return outcome == Resolver::Outcome::kAnswered ? buffer.at(size - 1) : 0;
}

}  // namespace

TEST_CASE("An alias of a link has the addresses that its name has at that time") {
  const Folder folder;
  const std::string db(64, '1');
  register_endpoint(folder.path, db, {"172.18.0.2"}, {"demo-db-1", "db"});
  Resolver resolver({folder.path}, {{"Store", "DB"}, {"other", "gone"}});
  CHECK(answered(resolver, "store") == 2);
  CHECK(answered(resolver, "STORE") == 2);
  CHECK(answered(resolver, "db") == 2);
  CHECK(answered(resolver, "other") == 0);
  register_endpoint(folder.path, db, {"172.18.0.9"}, {"demo-db-1", "db"});
  CHECK(answered(resolver, "store") == 9);
  unregister_endpoint(folder.path, db);
  CHECK(answered(resolver, "store") == 0);
}

TEST_CASE("An alias comes before a name of the network, which is found while the alias leads nowhere") {
  const Folder folder;
  const std::string one(64, '1'), two(64, '2');
  register_endpoint(folder.path, one, {"172.18.0.2"}, {"db"});
  register_endpoint(folder.path, two, {"172.18.0.3"}, {"cache"});
  Resolver resolver({folder.path}, {{"cache", "db"}});
  CHECK(answered(resolver, "cache") == 2);
  unregister_endpoint(folder.path, one);
  CHECK(answered(resolver, "cache") == 3);
}
