#pragma once
// The network a build's RUN steps use: made for one `build` call, removed with it, and recognised by a
// reconcile when that process died.
#include <mutex>
#include <optional>
#include <string>

#include "engine/engine.h"
#include "netmgr/address.h"

namespace engine {

bool is_build_network(const NetworkInfo& network);
// True for a build network whose process is gone.
bool is_abandoned_build_network(const NetworkInfo& network);

class BuildNetwork {
 public:
  explicit BuildNetwork(Engine& engine) : engine_(engine) {}
  ~BuildNetwork();  // removes the network, if it was made
  BuildNetwork(const BuildNetwork&) = delete;
  BuildNetwork& operator=(const BuildNetwork&) = delete;

  struct Place {
    sys::Fd netns;
    std::string address, gateway;  // empty in no network
  };
  // A network namespace on it with an address of its own; made on first use. Its link goes with it.
  // Thread-safe. Throws engine::Error, sys::Error.
  Place attach();

 private:
  Engine& engine_;
  std::mutex mutex_;
  std::optional<NetworkInfo> network_;
  std::optional<netmgr::Address> last_;  // that was given
};

}  // namespace engine
