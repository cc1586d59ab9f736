#pragma once
// The work of translate_dockercloud: one translation, then it is of no more use. Its parts are in
// dockercloud.cpp, dockercloud_global.cpp and dockercloud_backend.cpp.
#include <algorithm>
#include <set>

#include "netmgr/lb/dockercloud.h"
#include "netmgr/lb/dockercloud_words.h"

namespace netmgr::lb::dockercloud {

inline const std::string& value_of(const Environment& environment, const std::string& key) {
  static const std::string empty;
  const auto found = environment.find(key);
  return found == environment.end() ? empty : found->second;
}

// Services that make one backend.
struct Group {
  std::string name;
  bool has_hosts = false;
  std::vector<const BalancedService*> services;

  // Of the first that has it.
  const std::string& setting(const std::string& key) const {
    for (const BalancedService* service : services)
      if (const std::string& value = value_of(service->environment, key); !value.empty()) return value;
    static const std::string empty;
    return empty;
  }
  bool all_have(const std::string& key) const {
    return std::all_of(services.begin(), services.end(), [&](const BalancedService* service) {
      return !value_of(service->environment, key).empty();
    });
  }
};

struct HostRule {
  VirtualHost host;
  int weight = 0;
  std::string backend;
};

class Translator {
 public:
  Translator(const Environment& balancer, const std::vector<BalancedService>& services,
             std::string any_address);
  Translation run();

 private:
  const std::string& ours(const std::string& key) const { return value_of(balancer_, key); }
  std::string ours_or(const std::string& key, const char* otherwise) const {
    return ours(key).empty() ? otherwise : ours(key);
  }
  void warn(const std::string& text) {
    // The same setting is looked at once for each backend.
    if (said_.insert(text).second) result_.warnings.push_back(text);
  }
  Warn warner(const std::string& key, const std::string& whose = "the balancer") {
    return [this, key, whose](const std::string& text) { warn(key + " of " + whose + ": " + text); };
  }
  Config& config() { return result_.config; }

  // dockercloud_global.cpp: what the balancer's own settings say.
  void global_settings();
  void default_words(const std::vector<std::string>& list, const Warn& warning);
  void tls_settings();
  void add_certificate(const std::string& text);
  void balance_setting(const std::string& text, BackendConfig& backend, const Warn& warning);
  void frontend_words(uint16_t port, const std::vector<std::string>& list, const Warn& warning);
  void bind_settings();
  void log_settings();
  void unused_settings();
  // dockercloud_backend.cpp: backends and what the services say of them.
  BackendConfig http_backend(const Group& group);
  void tcp_backend(const TcpPort& port, const std::vector<const BalancedService*>& services);
  std::vector<uint16_t> http_ports_of(const BalancedService& service);
  void add_servers(const Group& group, BackendConfig& backend);
  void service_settings(const Group& group, BackendConfig& backend);
  void protection(const Group& group, BackendConfig& backend);
  // dockercloud.cpp: ports and who is behind them.
  void tcp_ports();
  void group_services();
  void collect_hosts();
  void add_host(const BalancedService& service, const std::string& backend);
  void http_ports();
  FrontendConfig* frontend_on(uint16_t port);
  FrontendConfig& add_frontend(uint16_t port, const std::string& name, Mode mode);
  void monitor();
  void statistics();

  Environment balancer_;
  std::string any_address_;
  std::vector<BalancedService> own_;
  std::vector<const BalancedService*> services_;
  Translation result_;
  std::set<std::string> said_;
  Mode mode_ = Mode::kHttp;
  BackendConfig defaults_;
  ServerWords server_words_;
  TlsConfig tls_;
  bool has_tls_ = false;
  std::set<uint16_t> tcp_;  // taken by TCP_PORTS
  std::vector<HostRule> hosts_;
  std::vector<Group> groups_;
};

}  // namespace netmgr::lb::dockercloud
