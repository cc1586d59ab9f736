#include "netmgr/generation.h"

#include <catch2/catch.hpp>

#include "folder.h"
#include "netmgr/driver.h"
#include "nft.h"
#include "world.h"

using namespace netmgr;
using namespace netmgr::test;

TEST_CASE(
    "The word of a ruleset changes with each change of the rules, whoever makes it, and with the namespace") {
  if (!is_root()) return;
  const World world;
  const std::string before = ruleset_generation();
  CHECK_FALSE(before.empty());
  CHECK(ruleset_generation() == before);
  nft::run("add table inet other", "a test");
  const std::string after = ruleset_generation();
  CHECK(after != before);
  const NamespaceScope elsewhere(world.outside);
  CHECK(ruleset_generation() != after);
}

TEST_CASE("What is remembered is that word and no other, and nothing without a file") {
  const Folder folder;
  const std::string file = folder.path + "/rules";
  CHECK_FALSE(is_remembered(file, "1:2 3"));
  remember(file, "1:2 3");
  CHECK(is_remembered(file, "1:2 3"));
  CHECK_FALSE(is_remembered(file, "1:2 33"));
  remember(file, "");
  CHECK(is_remembered(file, "1:2 3"));
  CHECK_FALSE(is_remembered(file, ""));
  remember("", "1:2 3");
  remember(folder.path + "/not/there", "1:2 3");
  CHECK_FALSE(is_remembered(folder.path + "/not/there", "1:2 3"));
}

TEST_CASE("A network whose rules somebody has taken away is not up, however often it was looked at before") {
  if (!is_root()) return;
  const World world;
  const Folder folder;
  Network network = make_network();
  network.memory = folder.path + "/rules";
  setup_network(network);
  CHECK(network_is_up(network));
  CHECK(is_remembered(network.memory, ruleset_generation()));
  CHECK(network_is_up(network));
  nft::run("flush table inet compose; delete table inet compose", "a test");
  CHECK_FALSE(network_is_up(network));
  setup_network(network);
  CHECK(network_is_up(network));
  nft::run("table ip other { chain forward { type filter hook forward priority 0; policy drop; }; }",
           "a test");
  CHECK_FALSE(network_is_up(network));
}
