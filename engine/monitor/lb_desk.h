#pragma once
// What the monitor of a load balancer does for it: it keeps the configuration (netmgr/lb/config.h) in step
// with what runs beside it, and hears from it when servers are free to go. In <run folder>/lb, which the
// container has at kLbFolder: config.json, and `notify`, the socket that the balancer answers to.
//
// Balanced are the services it is linked to and those that ADDITIONAL_SERVICES names; with neither, all that
// share a network with it and expose a port. What they say about it in their environment and labels is read
// from their spec.json, where they are and how they are from the endpoint files of its networks
// (netmgr/dns.h).
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/container/spec.h"
#include "netmgr/dns.h"
#include "netmgr/endpoint_watch.h"
#include "netmgr/lb/dockercloud.h"

namespace monitor {

class LbDesk {
 public:
  // Makes the folder and all that is in it. Throws sys::Error.
  explicit LbDesk(const engine::Spec& spec);
  // The networks, links or environment have changed. Throws sys::Error.
  void reload(const engine::Spec& spec);

  int watch_fd() const { return watch_.fd(); }
  int notify_fd() const { return notify_.get(); }
  void serve_watch();
  void serve_notify();
  // While it does not run, nobody waits for it.
  void balancer_began();
  void balancer_ended();

 private:
  // What another container's spec says.
  struct Facts {
    int64_t changed_ns = 0;  // of the file
    std::string container, project;
    bool load_balancer = false;
    netmgr::lb::BalancedService service;  // without endpoints
  };
  struct Endpoint {
    std::set<std::string> names;
    std::string address;
    netmgr::EndpointState state = netmgr::EndpointState::kGood;
  };
  struct Waiting {
    netmgr::EndpointWatch::Leaver leaver;
    std::set<std::string> addresses;
    uint64_t generation = 0;  // that it is not in any more
  };
  void refresh() noexcept;                            // what is wrong goes to standard error
  std::map<std::string, Endpoint> endpoints() const;  // by the name of their files
  const Facts* facts_of(const std::string& endpoint);
  bool is_balanced(const Endpoint& endpoint, const Facts& facts) const;
  bool is_asked_for(const std::set<std::string>& names, const std::string& container,
                    const std::string& project, const std::string& service) const;
  std::set<std::string> addresses_of(const std::string& endpoint) const;
  struct Group {
    netmgr::lb::BalancedService service;
    std::string container;  // one of them
    std::set<uint16_t> ports;
    std::set<std::string> names;  // of its containers
  };
  using Groups = std::map<std::pair<std::string, std::string>, Group>;  // by service and project
  void add_known(Groups& groups);
  std::vector<netmgr::lb::BalancedService> services();
  void let_go();

  std::string run_dir_, folder_;
  std::vector<std::string> directories_;  // of its networks
  std::vector<std::string> links_;        // names, in lower case
  std::vector<std::pair<std::string, std::string>> additional_;
  netmgr::lb::Environment environment_;
  std::string project_;
  std::string own_file_;
  bool dual_stack_ = false;
  netmgr::EndpointWatch watch_;
  sys::Fd notify_;
  std::map<std::string, Facts> facts_;
  Groups known_;         // those that were asked for by name, as they were seen last
  std::string written_;  // the configuration, but for its generation
  bool balancer_runs_ = false;
  uint64_t generation_, applied_ = 0;
  std::set<std::string> busy_;  // addresses without ports
  std::vector<Waiting> waiting_;
};

}  // namespace monitor
