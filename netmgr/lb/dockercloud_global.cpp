#include <array>

#include "netmgr/lb/dockercloud_translator.h"

namespace netmgr::lb::dockercloud {

void Translator::global_settings() {
  const std::string mode = ours_or("MODE", "http");
  if (mode == "tcp")
    mode_ = Mode::kTcp;
  else if (mode != "http")
    warner("MODE")("\"" + mode + "\" is neither http nor tcp; http is used");
  balance_setting(ours_or("BALANCE", "roundrobin"), defaults_, warner("BALANCE"));
  read_timeouts(split_list(ours_or("TIMEOUT", "connect 5000, client 50000, server 50000")), config().timeouts,
                warner("TIMEOUT"));
  defaults_.redispatch = false;
  read_options(split_list(ours_or("OPTION", "redispatch")), config(), defaults_, warner("OPTION"));
  read_server_words(ours_or("HEALTH_CHECK", "check inter 2000 rise 2 fall 3"), server_words_,
                    warner("HEALTH_CHECK"));
  read_server_words(ours("EXTRA_ROUTE_SETTINGS"), server_words_, warner("EXTRA_ROUTE_SETTINGS"));
  if (!ours("MAXCONN").empty()) default_words({"maxconn " + ours("MAXCONN")}, warner("MAXCONN"));
  default_words(split_list(ours("EXTRA_DEFAULT_SETTINGS")), warner("EXTRA_DEFAULT_SETTINGS"));
  default_words(split_list(ours("EXTRA_GLOBAL_SETTINGS")), warner("EXTRA_GLOBAL_SETTINGS"));
  defaults_.forwarded = ours("SKIP_FORWARDED_PROTO").empty();
}

// Lines of HAProxy's sections `defaults`, `global` and `backend`.
void Translator::default_words(const std::vector<std::string>& list, const Warn& warning) {
  for (const std::string& line : list) {
    const std::vector<std::string> words = split_words(line);
    if (words.empty()) continue;
    const std::string rest = line.substr(std::min(line.find_first_of(" \t"), line.size()));
    const std::string argument = words.size() > 1 ? words[1] : "";
    if (words[0] == "timeout") {
      read_timeouts({rest}, config().timeouts, warning);
    } else if (words[0] == "option" && words.size() > 1) {
      read_options({rest}, config(), defaults_, warning);
    } else if (words[0] == "balance") {
      balance_setting(argument, defaults_, warning);
    } else if (words[0] == "retries" && number_of(argument, 10)) {
      defaults_.retries = static_cast<unsigned>(*number_of(argument, 10));
    } else if (words[0] == "maxconn" && number_of(argument, 1'000'000).value_or(0) > 0) {
      config().max_connections = static_cast<unsigned>(*number_of(argument, 1'000'000));
    } else if (words[0] == "ssl-default-bind-options") {
      read_bind_options(rest, tls_, warning);
    } else if (words[0] == "ssl-default-bind-ciphers") {
      tls_.ciphers = argument;
    } else {
      warning("\"" + line + "\" has no meaning here");
    }
  }
}

void Translator::add_certificate(const std::string& text) {
  if (text.empty()) return;
  const std::string certificate = read_certificate(text);
  if (std::find(tls_.certificates.begin(), tls_.certificates.end(), certificate) == tls_.certificates.end())
    tls_.certificates.push_back(certificate);
}

void Translator::tls_settings() {
  tls_.folder = ours("CERT_FOLDER");
  if (tls_.folder.empty()) {
    add_certificate(ours("DEFAULT_SSL_CERT"));
    if (ours("DEFAULT_SSL_CERT").empty()) add_certificate(ours("SSL_CERT"));
    for (const std::string& name : split_list(ours("EXTRA_SSL_CERTS"))) {
      if (ours(name).empty())
        warner("EXTRA_SSL_CERTS")("there is no variable " + name + " with a certificate");
      add_certificate(ours(name));
    }
    for (const char* key : {"DEFAULT_SSL_CERT", "SSL_CERT"})
      for (const BalancedService* service : services_) add_certificate(value_of(service->environment, key));
  }
  has_tls_ = !tls_.folder.empty() || !tls_.certificates.empty();
  tls_.client_ca_file = ours("CA_CERT_FILE");
  if (tls_.client_ca_file.empty()) tls_.client_ca = read_certificate(ours("CA_CERT"));
  if (!ours("SSL_BIND_CIPHERS").empty()) tls_.ciphers = ours("SSL_BIND_CIPHERS");
  read_bind_options(ours("SSL_BIND_OPTIONS"), tls_, warner("SSL_BIND_OPTIONS"));
}

void Translator::balance_setting(const std::string& text, BackendConfig& backend, const Warn& warning) {
  for (const Balance balance :
       {Balance::kRoundRobin, Balance::kStaticRoundRobin, Balance::kLeastConnections, Balance::kSource})
    if (text == name_of(balance)) {
      backend.balance = balance;
      return;
    }
  warning("\"" + text + "\" is none of roundrobin, static-rr, leastconn, source; " +
          name_of(backend.balance) + " is used");
}

void Translator::frontend_words(uint16_t port, const std::vector<std::string>& list, const Warn& warning) {
  FrontendConfig* frontend = frontend_on(port);
  if (frontend == nullptr) return warning("nothing listens on port " + std::to_string(port));
  for (const std::string& line : list) {
    const std::vector<std::string> words = split_words(line);
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string argument = i + 1 < words.size() ? words[i + 1] : "";
      if (words[i] == "accept-proxy") {
        frontend->accept_proxy = true;
      } else if (words[i] == "name" && !argument.empty()) {
        ++i;  // of the socket, in HAProxy's statistics of sockets
      } else if (words[i] == "maxconn" && number_of(argument, 1'000'000)) {
        frontend->max_connections = static_cast<unsigned>(*number_of(argument, 1'000'000));
        ++i;
      } else if (words[i] == "monitor-uri" && argument.starts_with('/') && frontend->mode == Mode::kHttp) {
        frontend->monitor_uri = argument;
        ++i;
      } else {
        warning("\"" + line + "\" has no meaning here");
        break;
      }
    }
  }
}

void Translator::bind_settings() {
  for (const std::string& item : split_list(ours("EXTRA_BIND_SETTINGS"))) {
    const Warn warning = warner("EXTRA_BIND_SETTINGS");
    const size_t colon = item.find(':');
    const std::optional<uint64_t> port = number_of(item.substr(0, colon), 65535);
    if (colon == std::string::npos || !port)
      warning("\"" + item + "\" is not port:setting");
    else
      frontend_words(static_cast<uint16_t>(*port), {item.substr(colon + 1)}, warning);
  }
  constexpr std::string_view kPrefix = "EXTRA_FRONTEND_SETTINGS_";
  for (const auto& [key, value] : balancer_) {
    if (!key.starts_with(kPrefix)) continue;
    const std::optional<uint64_t> port = number_of(key.substr(kPrefix.size()), 65535);
    if (port) frontend_words(static_cast<uint16_t>(*port), split_list(value), warner(key));
  }
}

void Translator::log_settings() {
  const std::string& text = ours("RSYSLOG_DESTINATION");
  if (text.empty()) return;
  // An address of version 6 may stand there with or without brackets, but with them only before a port.
  const bool bare_six = std::count(text.begin(), text.end(), ':') > 1 && !text.starts_with('[');
  config().syslog = SocketAddress::parse((bare_six ? "[" + text + "]" : text) + ":514");
  if (!config().syslog && !bare_six) config().syslog = SocketAddress::parse(text);
  if (!config().syslog || config().syslog->port() == 0) {
    config().syslog.reset();
    warner("RSYSLOG_DESTINATION")("\"" + text +
                                  "\" is no numeric address, alone or with a port; nothing is sent");
  }
}

void Translator::unused_settings() {
  constexpr std::array<std::pair<const char*, const char*>, 8> kUnused = {{
      {"NBPROC", "there is one process"},
      {"RELOAD_TIMEOUT", "changes are applied without another process"},
      {"HAPROXY_USER", "there is no process of HAProxy"},
      {"HAPROXY_GROUP", "there is no process of HAProxy"},
      {"EXTRA_GLOBAL_SETTINGS_FILE", "files with HAProxy's configuration are not read"},
      {"EXTRA_DEFAULT_SETTINGS_FILE", "files with HAProxy's configuration are not read"},
      {"DOCKERCLOUD_AUTH", "services are found without Docker Cloud"},
      {"SWARM_MODE_POLLING_INTERVAL", "changes are told at once"},
  }};
  const auto is_unused = [&](const std::string& key) {
    return std::any_of(kUnused.begin(), kUnused.end(), [&](const auto& one) { return key == one.first; });
  };
  const auto is_honoured = [](const std::string& key) {
    for (const std::string_view one : {"EXTRA_BIND_SETTINGS", "EXTRA_DEFAULT_SETTINGS",
                                       "EXTRA_GLOBAL_SETTINGS", "EXTRA_ROUTE_SETTINGS", "EXTRA_SSL_CERTS"})
      if (key == one) return true;
    constexpr std::string_view kFrontend = "EXTRA_FRONTEND_SETTINGS_";
    return key.starts_with(kFrontend) && number_of(key.substr(kFrontend.size()), 65535).has_value();
  };
  for (const auto& [key, why] : kUnused)
    if (!ours(key).empty()) warner(key)(std::string("it is not used: ") + why);
  for (const auto& [key, value] : balancer_) {
    if (key.starts_with("ADDITIONAL_BACKEND_"))
      warner(key)("it is not used: backends are services of the project");
    if (key.starts_with("EXTRA_FRONTEND_SETTINGS_FILE_"))
      warner(key)("it is not used: files with HAProxy's configuration are not read");
    else if (key.starts_with("EXTRA_") && !is_honoured(key) && !is_unused(key))
      warner(key)("it is not used: there is no such setting");
  }
}

}  // namespace netmgr::lb::dockercloud
