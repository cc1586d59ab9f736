#include "netmgr/lb/server_pool.h"

#include <algorithm>

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

void Backend::update(BackendConfig config) {
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
    }
    servers.back()->config = wanted;
  }
  for (const std::shared_ptr<Server>& server : servers_)
    if (server) server->removed = true;
  servers_.swap(servers);
  for (const auto* list : {&servers, &servers_})
    for (const std::shared_ptr<Server>& server : *list)
      while (server && !server->takes_requests() && !server->idle.empty()) server->idle.back()->discard();
  config_ = std::move(config);
}

std::shared_ptr<Server> Backend::choose(uint64_t client_hash, const Server* tried, uint64_t now) {
  // First those with nothing against them, then any but the one that failed, then that one.
  for (int pass = 0; pass < 3 && (candidates_.empty() || pass == 0); ++pass) {
    candidates_.clear();
    for (const std::shared_ptr<Server>& server : servers_) {
      if (!server->takes_requests()) continue;
      if (pass < 2 && server.get() == tried) continue;
      if (pass < 1 && server->avoid_until > now) continue;
      candidates_.push_back(server.get());
    }
  }
  if (candidates_.empty()) return nullptr;
  const Server* chosen = candidates_[pick(client_hash)];
  const auto is_chosen = [&](const std::shared_ptr<Server>& server) { return server.get() == chosen; };
  return *std::find_if(servers_.begin(), servers_.end(), is_chosen);
}

size_t Backend::pick(uint64_t client_hash) {
  uint64_t total = 0;
  for (const Server* server : candidates_) total += server->config.weight;
  size_t best = 0;
  switch (config_.balance) {
    case Balance::kSource: {
      uint64_t place = client_hash % std::max<uint64_t>(total, 1);
      while (place >= candidates_[best]->config.weight) place -= candidates_[best++]->config.weight;
      return best;
    }
    case Balance::kLeastConnections:
      // Fewest per weight; among equals round robin decides, or the first would get all while little is
      // asked.
      for (Server* server : candidates_) server->credit += server->config.weight;
      for (size_t i = 1; i < candidates_.size(); ++i) {
        const uint64_t mine = uint64_t{candidates_[i]->active} * candidates_[best]->config.weight;
        const uint64_t least = uint64_t{candidates_[best]->active} * candidates_[i]->config.weight;
        if (mine < least || (mine == least && candidates_[i]->credit > candidates_[best]->credit)) best = i;
      }
      candidates_[best]->credit -= static_cast<int64_t>(total);
      return best;
    case Balance::kRoundRobin:
    case Balance::kStaticRoundRobin:
      break;
  }
  // Everyone gains its weight, the richest pays for all: turns are spread evenly.
  for (Server* server : candidates_) server->credit += server->config.weight;
  for (size_t i = 1; i < candidates_.size(); ++i)
    if (candidates_[i]->credit > candidates_[best]->credit) best = i;
  candidates_[best]->credit -= static_cast<int64_t>(total);
  return best;
}

}  // namespace netmgr::lb
