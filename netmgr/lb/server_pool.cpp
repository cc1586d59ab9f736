#include "netmgr/lb/server_pool.h"

#include <algorithm>

#include "netmgr/lb/health_check.h"

namespace netmgr::lb {
namespace {

constexpr size_t kMostIdle = 1024;  // of one server

}  // namespace

void ServerConnection::on_events(uint32_t events) {
  connection.note(events);
  if (user != nullptr) return user->on_events(0);
  // A server that says something unasked, or closes, is of no more use here.
  if (connection.readable()) discard();
}

void ServerConnection::discard() {
  std::erase(server->idle, this);
  user = nullptr;
  connection.close();
  loop_.retire(this);
}

void ServerConnection::release(uint64_t idle_ms) {
  user = nullptr;
  if (!server->takes_requests() || connection.readable() || connection.blocked() ||
      server->idle.size() >= kMostIdle)
    return discard();
  server->idle.push_back(this);
  loop_.arm(*this, idle_ms);
}

Backend::~Backend() {
  for (const std::shared_ptr<Server>& server : servers_)
    if (server->check != nullptr) server->check->stop();
}

void Backend::update(BackendConfig config, uint64_t check_ms) {
  std::vector<std::shared_ptr<Server>> servers;
  for (const ServerConfig& wanted : config.servers) {
    const auto same = [&](const std::shared_ptr<Server>& server) {
      return server && server->config.name == wanted.name && server->config.address == wanted.address;
    };
    const auto found = std::find_if(servers_.begin(), servers_.end(), same);
    if (found != servers_.end()) {
      servers.push_back(std::move(*found));
    } else {
      servers.push_back(std::make_shared<Server>());
      servers.back()->health.changed_at = loop_.now();
      // At the very start nobody is there to compare with.
      if (config.slow_start_ms > 0 && !servers_.empty()) servers.back()->slow_since = loop_.now();
    }
    Server& server = *servers.back();
    // Connections that were opened otherwise are not for the requests to come.
    while (server.config.send_proxy != wanted.send_proxy && !server.idle.empty())
      server.idle.back()->discard();
    server.config = wanted;
  }
  for (const std::shared_ptr<Server>& server : servers_) {
    if (!server) continue;
    server->removed = true;
    if (server->check != nullptr) server->check->stop();
  }
  servers_.swap(servers);
  for (const auto* list : {&servers, &servers_})
    for (const std::shared_ptr<Server>& server : *list)
      while (server && !server->takes_requests() && !server->idle.empty()) server->idle.back()->discard();
  const std::optional<HealthConfig> before = std::move(config_.health);
  config_ = std::move(config);
  start_checks(check_ms, before);
  for (Waiter* waiter : queue_) {
    const bool there = std::any_of(servers_.begin(), servers_.end(),
                                   [&](const auto& server) { return server.get() == waiter->wanted_; });
    if (!there) waiter->wanted_ = nullptr;
  }
  serve_queue();
}

void Backend::start_checks(uint64_t check_ms, const std::optional<HealthConfig>& before) {
  const bool changed = before != config_.health || check_ms != check_ms_;
  check_ms_ = check_ms;
  for (const std::shared_ptr<Server>& server : servers_) {
    if (server->check != nullptr && changed) server->check->stop();
    if (!config_.health) {
      server->health.up = true;
      continue;
    }
    if (server->check != nullptr) continue;
    server->health.score = server->health.up ? config_.health->rise : 0;
    HealthCheck::start(loop_, *this, server, *config_.health, check_ms);
  }
}

Server* Backend::find(std::string_view name) const {
  for (const std::shared_ptr<Server>& server : servers_)
    if (server->config.name == name) return server->takes_requests() ? server.get() : nullptr;
  return nullptr;
}

size_t Backend::usable(bool backup) const {
  return static_cast<size_t>(std::count_if(servers_.begin(), servers_.end(), [&](const auto& server) {
    return server->takes_requests() && server->config.backup == backup;
  }));
}

bool Backend::any_up() const {
  return usable(false) + usable(true) > 0;
}

void Backend::collect(const Server* tried, bool& full) {
  const bool backups = usable(false) == 0;
  // First those with nothing against them, then any but the one that failed, then that one.
  for (int pass = 0; pass < 3 && (candidates_.empty() || pass == 0); ++pass) {
    candidates_.clear();
    for (const std::shared_ptr<Server>& server : servers_) {
      if (!server->takes_requests() || server->config.backup != backups) continue;
      if (pass < 2 && server.get() == tried) continue;
      if (pass < 1 && server->avoid_until > loop_.now()) continue;
      if (server->full() && config_.balance != Balance::kSource) {
        full = true;
        continue;
      }
      candidates_.push_back(server.get());
      if (backups && !config_.all_backups) break;
    }
  }
}

Backend::Choice Backend::choose(uint64_t client_hash, const Server* sticky, const Server* tried) {
  Choice choice;
  const auto shared = [&](const Server* chosen) {
    const auto is_chosen = [&](const std::shared_ptr<Server>& server) { return server.get() == chosen; };
    return *std::find_if(servers_.begin(), servers_.end(), is_chosen);
  };
  if (sticky != nullptr && sticky != tried) {
    choice.full = sticky->full();
    choice.wanted = sticky;
    if (!choice.full) choice.server = shared(sticky);
    return choice;
  }
  bool full = false;
  collect(tried, full);
  if (candidates_.empty()) {
    choice.full = full;
    return choice;
  }
  Server* chosen = candidates_[pick(client_hash)];
  if (chosen->full()) {
    choice.full = true;
    choice.wanted = chosen;
    return choice;
  }
  ++chosen->counters.chosen;
  ++counters.chosen;
  choice.server = shared(chosen);
  return choice;
}

// In 256ths, so that a part of 1 is something too.
uint64_t Backend::weight_of(const Server& server) const {
  const uint64_t weight = uint64_t{server.config.weight} * 256;
  const bool rising = server.slow_since != 0 && (config_.balance == Balance::kRoundRobin ||
                                                 config_.balance == Balance::kLeastConnections);
  if (!rising) return weight;
  const uint64_t since = loop_.now() - server.slow_since;
  return since >= config_.slow_start_ms ? weight
                                        : std::max<uint64_t>(1, weight * since / config_.slow_start_ms);
}

size_t Backend::pick(uint64_t client_hash) {
  const auto weight = [&](const Server* server) { return static_cast<int64_t>(weight_of(*server)); };
  int64_t total = 0;
  for (const Server* server : candidates_) total += weight(server);
  size_t best = 0;
  switch (config_.balance) {
    case Balance::kSource: {
      auto place = static_cast<int64_t>(client_hash % static_cast<uint64_t>(std::max<int64_t>(total, 1)));
      while (place >= weight(candidates_[best])) place -= weight(candidates_[best++]);
      return best;
    }
    case Balance::kLeastConnections:
      // Fewest per weight; among equals round robin decides, or the first would get all while little is
      // asked.
      for (Server* server : candidates_) server->credit += weight(server);
      for (size_t i = 1; i < candidates_.size(); ++i) {
        const int64_t mine = int64_t{candidates_[i]->active} * weight(candidates_[best]);
        const int64_t least = int64_t{candidates_[best]->active} * weight(candidates_[i]);
        if (mine < least || (mine == least && candidates_[i]->credit > candidates_[best]->credit)) best = i;
      }
      candidates_[best]->credit -= total;
      return best;
    case Balance::kRoundRobin:
    case Balance::kStaticRoundRobin:
      break;
  }
  // Everyone gains its weight, the richest pays for all: turns are spread evenly.
  for (Server* server : candidates_) server->credit += weight(server);
  for (size_t i = 1; i < candidates_.size(); ++i)
    if (candidates_[i]->credit > candidates_[best]->credit) best = i;
  candidates_[best]->credit -= total;
  return best;
}

void Backend::take(Server& server) {
  ++server.active;
  server.counters.begin_session(loop_.now());
}

void Backend::release(Server& server) {
  --server.active;
  server.counters.end_session();
  if (!queue_.empty()) serve_queue();
}

void Backend::enqueue(Waiter& waiter, const Server* wanted) {
  waiter.wanted_ = wanted;
  waiter.queued_ = true;
  waiter.place_ = queue_.insert(queue_.end(), &waiter);
  counters.queued = queue_.size();
  counters.queued_most = std::max<uint64_t>(counters.queued_most, counters.queued);
}

void Backend::forget(Waiter& waiter) {
  if (waiter.queued_) queue_.erase(waiter.place_);
  waiter.queued_ = false;
  counters.queued = queue_.size();
  if (waiter.granted) release(*std::exchange(waiter.granted, nullptr));
}

void Backend::serve_queue() {
  for (auto at = queue_.begin(); at != queue_.end();) {
    Waiter& waiter = **at;
    const Server* wanted =
        waiter.wanted_ != nullptr && waiter.wanted_->takes_requests() ? waiter.wanted_ : nullptr;
    Choice choice = choose(waiter.hash_, wanted, nullptr);
    if (choice.server) {
      take(*choice.server);
      waiter.granted = std::move(choice.server);
      waiter.queued_ = false;
      at = queue_.erase(at);
      loop_.post(waiter);
    } else if (choice.wanted != nullptr) {
      ++at;  // who comes behind it may want another one
    } else {
      break;
    }
  }
  counters.queued = queue_.size();
}

void Backend::health_changed(Server& server, bool up, const std::string& why) {
  const bool was = any_up();
  const uint64_t now = loop_.now();
  if (up) server.health.down_ms += now - server.health.changed_at;
  server.health.up = up;
  server.health.changed_at = now;
  if (!up) ++server.health.downs;
  server.slow_since = up && config_.slow_start_ms > 0 ? now : 0;
  server.credit = 0;  // what it gained is long past
  while (!up && !server.idle.empty()) server.idle.back()->discard();
  if (was != any_up()) {
    if (was)
      ++downs;
    else
      down_ms += now - changed_at;
    changed_at = now;
  }
  const auto left = [&](bool backup) { return std::to_string(usable(backup)); };
  report_("Server " + config_.name + "/" + server.config.name + " is " + (up ? "UP" : "DOWN") +
          ", reason: " + why + ". " + left(false) + " active and " + left(true) + " backup servers left.");
  serve_queue();
}

}  // namespace netmgr::lb
