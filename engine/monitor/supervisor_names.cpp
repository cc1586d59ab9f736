// By which names it is found, and what it finds by names.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "engine/container/endpoints.h"
#include "engine/container/run_files.h"
#include "engine/monitor/supervisor.h"

namespace monitor {

using engine::Health;
using engine::State;

void Supervisor::serve_names() {
  dns_.reset();  // its address is free for the next
  std::optional<netmgr::DnsSockets> ready = std::exchange(ready_sockets_, std::nullopt);
  if (ready && (!spec_.dns_server || !ready->is_in(netns_))) ready.reset();
  if (!spec_.dns_server) return;
  netmgr::DnsConfig config{engine::network_directories(spec_), spec_.dns_upstreams};
  config.ask_from_inside = spec_.dns_from_inside;
  for (const auto& link : spec_.links) config.links[link.alias] = link.name;
  dns_ = ready ? std::make_unique<netmgr::DnsServer>(std::move(*ready), netns_, std::move(config))
               : std::make_unique<netmgr::DnsServer>(netns_, std::move(config));
}

void Supervisor::register_names() {
  using netmgr::EndpointState;
  EndpointState state = EndpointState::kGood;
  if (status_.health == Health::kStarting) state = EndpointState::kStarting;
  if (status_.health == Health::kUnhealthy) state = EndpointState::kUnhealthy;
  // Also when its leave is over: its program is on its way out.
  if (stop_asked_ || status_.state == State::kPaused) state = EndpointState::kLeaving;
  engine::register_endpoints(spec_, state);
}

void Supervisor::update_names() noexcept {
  try {
    register_names();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "register %s: %s\n", spec_.name.c_str(), error.what());
  }
}

// A question that is on its way is lost, and asked again by who asked it.
void Supervisor::reload_networks() {
  engine::Spec now = engine::spec_from_json(sys::read_file(engine::spec_file(spec_.run_dir)));
  std::swap(spec_.networks, now.networks);
  spec_.links = std::move(now.links);
  spec_.env = std::move(now.env);
  spec_.dns_server = now.dns_server;
  spec_.dns_upstreams = now.dns_upstreams;
  spec_.dns_from_inside = now.dns_from_inside;
  spec_.event_attrs = now.event_attrs;
  if (spec_.restart != now.restart || spec_.restart_max != now.restart_max) {
    policy_ = engine::RestartPolicy(
        {now.restart, now.restart_max, spec_.restart_delay_ms, spec_.restart_window_ms});
    spec_.restart = now.restart;
    spec_.restart_max = now.restart_max;
  }
  std::erase_if(now.networks, [this](const engine::SpecNetwork& former) {
    return std::any_of(spec_.networks.begin(), spec_.networks.end(), [&](const engine::SpecNetwork& network) {
      return network.directory == former.directory;
    });
  });
  engine::unregister_endpoints(now);  // those that it was taken off
  if (running()) register_names();
  if (lb_) lb_->reload(spec_);
  serve_names();
}

}  // namespace monitor
