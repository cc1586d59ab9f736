#pragma once
// The variables by which a container on the default network is told of one that it is linked with, from the
// times before names resolved: DB_PORT_5432_TCP_ADDR and its like. Pure. Source: Docker Engine, legacy
// container links.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace engine {

struct LinkedContainer {
  std::string alias;    // as the linking container calls it
  std::string name;     // "/web/db": the linking container's name and the alias
  std::string address;  // on the network they share
  std::vector<std::pair<uint16_t, std::string>> ports;  // what it exposes: number and protocol
  std::vector<std::string> env;                         // its own, KEY=VALUE
};

std::vector<std::string> link_environment(LinkedContainer linked);

}  // namespace engine
