#include "engine/interfaces.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using namespace engine;
using Words = std::vector<std::string>;

namespace {

struct Scene {
  ContainerRecord record;
  std::vector<NetworkRecord> networks;

  AttachmentConfig& add(const std::string& name, bool internal = false) {
    NetworkRecord network;
    network.id = name + "-id";
    network.config.name = name;
    network.config.internal = internal;
    networks.push_back(network);
    record.endpoints.push_back({network.id, "10.0.0." + std::to_string(networks.size()), "", {}});
    record.config.networks.push_back({});
    record.config.networks.back().network = name;
    return record.config.networks.back();
  }
  std::string gateway() const {
    const EndpointRecord* endpoint = gateway_endpoint(record, networks);
    return endpoint == nullptr ? "" : network_of(*endpoint, networks).config.name;
  }
};

}  // namespace

TEST_CASE("interfaces are numbered in their order, around the names that are asked for") {
  Scene scene;
  scene.add("a");
  scene.add("b").interface_name = "eth0";
  scene.add("c").interface_name = "up";
  scene.add("d");
  CHECK(interface_names(scene.record, scene.networks) == Words{"eth1", "eth0", "up", "eth2"});
  scene.add("e").interface_name = "up";
  CHECK_THROWS_AS(interface_names(scene.record, scene.networks), Error);
}

TEST_CASE("the way out is the highest gateway priority's, then the first name's, and never internal") {
  Scene scene;
  CHECK(scene.gateway().empty());
  scene.add("a", true).gateway_priority = 100;
  CHECK(scene.gateway().empty());
  scene.add("c");
  scene.add("b");
  CHECK(scene.gateway() == "b");
  scene.add("d").gateway_priority = 1;
  CHECK(scene.gateway() == "d");
  scene.add("e").gateway_priority = -1;
  CHECK(scene.gateway() == "d");
}

TEST_CASE("a macvlan is the way out when it stands on a link of the host, and not when it has none") {
  Scene scene;
  scene.add("a");
  scene.networks.back().config.driver = "macvlan";
  CHECK(scene.gateway().empty());
  scene.add("b");
  CHECK(scene.gateway() == "b");
  scene.networks.front().config.driver_opts["parent"] = "eth0";
  CHECK(scene.gateway() == "a");
}
