#include "engine/monitor/lb_desk.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/container/endpoints.h"
#include "engine/container/run_files.h"
#include "engine/events/event.h"
#include "netmgr/endpoint_file.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/unix_address.h"

namespace monitor {
namespace {

using netmgr::EndpointState;
using netmgr::lb::BalancedService;

constexpr const char* kNotify = "notify";
constexpr const char* kProject = "com.docker.compose.project";
constexpr size_t kMostNotice = 65536;
constexpr int kMostNoticesAtOnce = 16;
// Who leaves waits for a few seconds only, however long a configuration that is refused is not applied.
constexpr size_t kMostWaiting = 4096;
constexpr uint64_t kFirstCheckMs = 50;

std::string made_folder(const std::string& path) {
  sys::make_dirs(path, 0755);
  return path;
}

// For whatever user the balancer is.
sys::Fd listen_for_notices(const std::string& folder) {
  sys::Fd socket(sys::check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  sys::bind_unix(socket, folder, kNotify, 0666);
  return socket;
}

netmgr::lb::Environment environment_of(const engine::Spec& spec) {
  netmgr::lb::Environment environment;
  for (const std::string& variable : spec.env) {
    const size_t end = variable.find('=');
    if (end != std::string::npos) environment[variable.substr(0, end)] = variable.substr(end + 1);
  }
  return environment;
}

std::string label_of(const std::map<std::string, std::string>& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? "" : found->second;
}

// web-2 before web-10.
std::tuple<std::string, size_t, std::string> order_of(const std::string& name) {
  const size_t digits = name.find_last_not_of("0123456789") + 1;
  return {name.substr(0, digits), name.size() - digits, name.substr(digits)};
}

// "10.0.0.2:80", "[fd00::2]:80"
std::string without_port(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

LbDesk::LbDesk(const engine::Spec& spec)
    : run_dir_(spec.run_dir),
      folder_(made_folder(engine::lb_folder(spec.run_dir))),
      own_file_(netmgr::endpoint_file_name(spec.id)),
      watch_(spec.run_dir, spec.id),  // out of the container's reach
      notify_(listen_for_notices(folder_)),
      // It is more than any before, also those of another monitor.
      generation_(static_cast<uint64_t>(engine::unix_ms())) {
  reload(spec);
}

void LbDesk::reload(const engine::Spec& spec) {
  environment_ = environment_of(spec);
  project_ = label_of(engine::event_attributes_from(spec.event_attrs), kProject);
  const auto additional = environment_.find("ADDITIONAL_SERVICES");
  additional_ = netmgr::lb::additional_services(additional == environment_.end() ? "" : additional->second);
  links_.clear();
  for (const engine::SpecLink& link : spec.links) links_.push_back(netmgr::to_lower(link.name));
  directories_ = engine::network_directories(spec);
  dual_stack_ = std::any_of(spec.networks.begin(), spec.networks.end(),
                            [](const engine::SpecNetwork& network) { return !network.address6.empty(); });
  watch_.watch(directories_);
  refresh();
}

std::map<std::string, LbDesk::Endpoint> LbDesk::endpoints() const {
  std::map<std::string, Endpoint> found;
  for (const std::string& directory : directories_) {
    for (const std::string& name : sys::names_in(directory)) {
      if (!netmgr::is_endpoint_file(name) || name == own_file_) continue;
      const auto parsed = netmgr::read_endpoint_file(directory + '/' + name);
      if (!parsed) continue;
      Endpoint& endpoint = found[name];
      endpoint.names.insert(parsed->names.begin(), parsed->names.end());
      endpoint.state = parsed->state;
      if (endpoint.address.empty()) endpoint.address = netmgr::format_address(parsed->addresses.front());
    }
  }
  return found;
}

// Nothing where it has gone meanwhile, or cannot be read: the others are to be balanced all the same.
const LbDesk::Facts* LbDesk::facts_of(const std::string& endpoint) try {
  const std::string path = engine::spec_file(run_dir_.substr(0, run_dir_.rfind('/') + 1) + endpoint);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return nullptr;
  const int64_t changed = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  Facts& facts = facts_[endpoint];
  if (facts.changed_ns == changed) return &facts;
  const engine::Spec spec = engine::spec_from_json(sys::read_file(path));
  facts = {};
  facts.changed_ns = changed;
  facts.container = spec.name;
  facts.load_balancer = spec.load_balancer;
  facts.service.labels = engine::event_attributes_from(spec.event_attrs);
  facts.project = label_of(facts.service.labels, kProject);
  facts.service.name = label_of(facts.service.labels, "com.docker.compose.service");
  if (facts.service.name.empty()) facts.service.name = spec.name;
  facts.service.environment = environment_of(spec);
  for (const std::string& port : spec.exposed) {
    const unsigned long number = std::strtoul(port.c_str(), nullptr, 10);
    if (port.ends_with("/tcp") && number > 0 && number <= 0xffff)
      facts.service.ports.push_back(static_cast<uint16_t>(number));
  }
  return &facts;
} catch (const std::exception& error) {
  std::fprintf(stderr, "load balancer: container %s: %s\n", endpoint.c_str(), error.what());
  return nullptr;
}

bool LbDesk::is_balanced(const Endpoint& endpoint, const Facts& facts) const {
  if (facts.load_balancer) return false;
  if (links_.empty() && additional_.empty()) return !facts.service.ports.empty();
  return is_asked_for(endpoint.names, facts.container, facts.project, facts.service.name);
}

// On a network that projects share, a service of the same name is not the one that a link of this project
// means.
bool LbDesk::is_asked_for(const std::set<std::string>& names, const std::string& container,
                          const std::string& project, const std::string& service) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const std::string& link) {
                       const bool others = !project_.empty() && project != project_ &&
                                           netmgr::to_lower(service) == link &&
                                           netmgr::to_lower(container) != link;
                       return names.contains(link) && !others;
                     }) ||
         std::any_of(additional_.begin(), additional_.end(),
                     [&](const auto& wanted) { return wanted.first == project && wanted.second == service; });
}

// A service that was asked for stays where it is when there is nothing of it for a while, as between two
// containers: its hosts are not another service's meanwhile.
void LbDesk::add_known(Groups& groups) {
  // Settings may be others by now.
  std::erase_if(known_, [this](const auto& entry) {
    const Group& group = entry.second;
    return !is_asked_for(group.names, group.container, entry.first.second, entry.first.first);
  });
  if (links_.empty() && additional_.empty()) return;
  for (const auto& [key, group] : groups) {
    known_[key] = group;
    known_[key].service.endpoints.clear();
  }
  for (const std::string& link : links_) {
    const bool seen = std::any_of(known_.begin(), known_.end(), [&](const auto& entry) {
      return netmgr::to_lower(entry.first.first) == link || entry.second.names.contains(link);
    });
    if (!seen) groups[{link, ""}].service.name = link;
  }
  for (const auto& [key, group] : known_) groups.emplace(key, group);
}

std::vector<BalancedService> LbDesk::services() {
  Groups groups;
  const std::map<std::string, Endpoint> all = endpoints();
  std::erase_if(facts_, [&](const auto& known) { return !all.contains(known.first); });
  for (const auto& [file, endpoint] : all) {
    const Facts* facts = facts_of(file);
    if (facts == nullptr || !is_balanced(endpoint, *facts)) continue;
    Group& group = groups[{facts->service.name, facts->project}];
    if (group.service.name.empty()) {
      group.service = facts->service;
      group.container = facts->container;
    }
    group.names.insert(endpoint.names.begin(), endpoint.names.end());
    group.ports.insert(facts->service.ports.begin(), facts->service.ports.end());
    if (endpoint.state == EndpointState::kLeaving) continue;
    const bool reserve = endpoint.state != EndpointState::kGood;
    group.service.endpoints.push_back({facts->container, endpoint.address, false, reserve});
  }
  add_known(groups);
  std::vector<BalancedService> services;
  std::map<std::string, int> namesakes;
  for (const auto& [key, group] : groups) ++namesakes[key.first];
  for (auto& [key, group] : groups) {
    if (namesakes[key.first] > 1 && !key.second.empty()) group.service.name = key.second + '_' + key.first;
    group.service.ports.assign(group.ports.begin(), group.ports.end());
    std::sort(group.service.endpoints.begin(), group.service.endpoints.end(),
              [](const auto& a, const auto& b) { return order_of(a.name) < order_of(b.name); });
    services.push_back(std::move(group.service));
  }
  return services;
}

void LbDesk::refresh() noexcept {
  try {
    netmgr::lb::Translation translation =
        netmgr::lb::translate_dockercloud(environment_, services(), dual_stack_ ? "[::]" : "0.0.0.0");
    // A container that has just started will listen in a moment.
    for (netmgr::lb::BackendConfig& backend : translation.config.backends)
      if (backend.health) backend.health->first_interval_ms = kFirstCheckMs;
    translation.config.notes = std::move(translation.warnings);
    translation.config.notify = std::string(engine::kLbFolder) + '/' + kNotify;
    const std::string text = netmgr::lb::write_config(translation.config);
    if (text == written_) return;
    translation.config.generation = ++generation_;
    sys::write_file_atomic(engine::lb_config(run_dir_), netmgr::lb::write_config(translation.config), 0644);
    written_ = text;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load balancer: %s\n", error.what());
  }
}

void LbDesk::serve_watch() {
  std::vector<netmgr::EndpointWatch::Leaver> leavers = watch_.receive();
  refresh();
  for (netmgr::EndpointWatch::Leaver& leaver : leavers) {
    std::set<std::string> addresses = addresses_of(leaver.endpoint);
    waiting_.push_back({std::move(leaver), std::move(addresses), generation_});
  }
  if (waiting_.size() > kMostWaiting)
    waiting_.erase(waiting_.begin(), waiting_.end() - static_cast<std::ptrdiff_t>(kMostWaiting));
  let_go();
}

std::set<std::string> LbDesk::addresses_of(const std::string& endpoint) const {
  std::set<std::string> addresses;
  if (!netmgr::is_endpoint_file(endpoint)) return addresses;
  for (const std::string& directory : directories_) try {
      const auto parsed = netmgr::read_endpoint_file(directory + '/' + endpoint);
      if (!parsed) continue;
      for (const netmgr::Address& address : parsed->addresses)
        addresses.insert(netmgr::format_address(address));
    } catch (const sys::Error& error) {
      std::fprintf(stderr, "load balancer: %s\n", error.what());
    }
  return addresses;
}

// What comes may be from anybody in the container, and without end.
void LbDesk::serve_notify() {
  std::string bytes(kMostNotice, '\0');
  for (int count = 0; count < kMostNoticesAtOnce; ++count) {
    const ssize_t size = ::recv(notify_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) break;
    const auto notice = nlohmann::json::parse(bytes.data(), bytes.data() + size, nullptr, false);
    if (!notice.is_object() || !notice.contains("applied") || !notice["applied"].is_number_unsigned() ||
        !notice.contains("busy") || !notice["busy"].is_array())
      continue;
    applied_ = notice["applied"].get<uint64_t>();
    busy_.clear();
    for (const auto& address : notice["busy"])
      if (address.is_string()) busy_.insert(without_port(address.get<std::string>()));
  }
  let_go();
}

void LbDesk::balancer_began() {
  balancer_runs_ = true;
}

void LbDesk::balancer_ended() {
  balancer_runs_ = false;
  applied_ = 0;
  busy_.clear();
  let_go();
}

void LbDesk::let_go() {
  std::erase_if(waiting_, [this](const Waiting& waiting) {
    const bool is_busy = std::any_of(waiting.addresses.begin(), waiting.addresses.end(),
                                     [this](const std::string& address) { return busy_.contains(address); });
    if (balancer_runs_ && (applied_ < waiting.generation || is_busy)) return false;
    watch_.answer(waiting.leaver);
    return true;
  });
}

}  // namespace monitor
