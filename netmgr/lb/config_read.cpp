#include "netmgr/lb/config.h"

#include <sys/un.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>

namespace netmgr::lb {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kLongest = 86'400'000;  // a day, in milliseconds

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw ConfigError(place + ": " + why);
}

// One object of the file, and where it is in it.
class Section {
 public:
  Section(const Json& json, std::string place, std::initializer_list<const char*> known)
      : json_(json), place_(std::move(place)) {
    if (!json.is_object()) refuse(place_.empty() ? "the file" : place_, "must be an object");
    for (const auto& [key, value] : json.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        refuse(at(key), "is not a setting of this balancer");
  }

  std::string at(const std::string& key) const { return place_.empty() ? key : place_ + "." + key; }
  bool has(const char* key) const { return json_.contains(key); }

  std::string text(const char* key, const char* otherwise = nullptr) const {
    const Json* value = find(key, otherwise == nullptr);
    if (value == nullptr) return otherwise;
    if (!value->is_string()) refuse(at(key), "must be a string");
    std::string result = value->get<std::string>();
    for (const char c : result)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) refuse(at(key), "has a control character");
    return result;
  }

  std::string name(const char* key) const {
    std::string result = text(key);
    if (result.empty()) refuse(at(key), "must not be empty");
    // Names stand in lines of the log and columns of the statistics.
    if (result.find_first_of(" ,\"/<>&") != std::string::npos)
      refuse(at(key), "has a space or one of , \" / < > &");
    return result;
  }

  uint64_t number(const char* key, uint64_t otherwise, uint64_t least, uint64_t most) const {
    const Json* value = find(key, false);
    if (value == nullptr) return otherwise;
    if (!value->is_number_unsigned() || value->get<uint64_t>() < least || value->get<uint64_t>() > most)
      refuse(at(key), "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value->get<uint64_t>();
  }

  // May have line ends.
  std::string long_text(const char* key) const {
    const Json* value = find(key, false);
    if (value == nullptr) return {};
    if (!value->is_string()) refuse(at(key), "must be a string");
    return value->get<std::string>();
  }

  bool flag(const char* key, bool otherwise = false) const {
    const Json* value = find(key, false);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) refuse(at(key), "must be true or false");
    return value->get<bool>();
  }

  SocketAddress address(const char* key) const {
    const std::string value = text(key);
    const std::optional<SocketAddress> result = SocketAddress::parse(value);
    if (!result)
      refuse(at(key), "\"" + value + "\" is not a numeric address:port; IPv6 is written [address]:port");
    return *result;
  }

  template <typename Each>
  void list(const char* key, Each each) const {
    const Json* value = find(key, true);
    if (!value->is_array()) refuse(at(key), "must be a list");
    for (size_t i = 0; i < value->size(); ++i) each((*value)[i], at(key) + "[" + std::to_string(i) + "]");
  }

  const Json& child(const char* key) const { return json_.at(key); }

 private:
  const Json* find(const char* key, bool required) const {
    const auto found = json_.find(key);
    if (found != json_.end()) return &*found;
    if (required) refuse(at(key), "is missing");
    return nullptr;
  }

  const Json& json_;
  std::string place_;
};

template <typename Choice>
Choice choice_of(const Section& section, const char* key, std::initializer_list<Choice> choices) {
  const std::string name = section.text(key, name_of(*choices.begin()));
  std::string all;
  for (const Choice choice : choices) {
    if (name == name_of(choice)) return choice;
    all.append(all.empty() ? "" : ", ").append(name_of(choice));
  }
  refuse(section.at(key), "\"" + name + "\" is none of " + all);
}

Balance balance_of(const Section& section) {
  return choice_of(
      section, "balance",
      {Balance::kRoundRobin, Balance::kStaticRoundRobin, Balance::kLeastConnections, Balance::kSource});
}

Mode mode_of(const Section& section) {
  return choice_of(section, "mode", {Mode::kHttp, Mode::kTcp});
}

std::vector<std::string> texts(const Section& section, const char* key) {
  std::vector<std::string> result;
  if (!section.has(key)) return result;
  section.list(key, [&](const Json& item, const std::string& where) {
    if (!item.is_string()) refuse(where, "must be a string");
    result.push_back(item.get<std::string>());
  });
  return result;
}

std::vector<User> read_users(const Section& section) {
  std::vector<User> users;
  if (!section.has("users")) return users;
  section.list("users", [&](const Json& item, const std::string& where) {
    const Section user(item, where, {"name", "password", "hashed"});
    users.push_back({user.text("name"), user.text("password"), user.flag("hashed")});
    if (users.back().name.find(':') != std::string::npos)
      refuse(user.at("name"), "must not have a colon, which ends it in a request");
  });
  return users;
}

// What is written into heads of messages as it stands.
void check_head_text(const Section& section, const char* key, const std::string& text) {
  if (text.find_first_of("\r\n") != std::string::npos) refuse(section.at(key), "has a line end");
}

HealthConfig read_health(const Json& json, const std::string& place) {
  const Section section(json, place,
                        {"interval_ms", "fast_interval_ms", "down_interval_ms", "first_interval_ms", "rise",
                         "fall", "port", "http"});
  HealthConfig health;
  health.interval_ms = section.number("interval_ms", health.interval_ms, 10, kLongest);
  health.fast_interval_ms = section.number("fast_interval_ms", 0, 0, kLongest);
  health.down_interval_ms = section.number("down_interval_ms", 0, 0, kLongest);
  health.first_interval_ms = section.number("first_interval_ms", 0, 0, kLongest);
  health.rise = static_cast<unsigned>(section.number("rise", health.rise, 1, 1000));
  health.fall = static_cast<unsigned>(section.number("fall", health.fall, 1, 1000));
  health.port = static_cast<uint16_t>(section.number("port", 0, 0, 65535));
  if (!section.has("http")) return health;
  const Section http(section.child("http"), section.at("http"), {"method", "target", "fields"});
  HttpCheckConfig check;
  check.method = http.text("method", check.method.c_str());
  check.target = http.text("target", check.target.c_str());
  for (const char* key : {"method", "target"})
    if (http.text(key, "x").find(' ') != std::string::npos) refuse(http.at(key), "has a space");
  check.fields = texts(http, "fields");
  for (const std::string& field : check.fields) check_head_text(http, "fields", field);
  health.http = check;
  return health;
}

CookieConfig read_cookie(const Json& json, const std::string& place) {
  const Section section(
      json, place,
      {"name", "mode", "indirect", "no_cache", "post_only", "preserve", "http_only", "secure", "domain"});
  CookieConfig cookie;
  cookie.name = section.name("name");
  if (cookie.name.find_first_of("=;") != std::string::npos) refuse(section.at("name"), "has one of = ;");
  cookie.mode = choice_of(section, "mode", {CookieMode::kInsert, CookieMode::kRewrite, CookieMode::kPrefix});
  cookie.indirect = section.flag("indirect");
  cookie.no_cache = section.flag("no_cache");
  cookie.post_only = section.flag("post_only");
  cookie.preserve = section.flag("preserve");
  cookie.http_only = section.flag("http_only");
  cookie.secure = section.flag("secure");
  cookie.domain = section.text("domain", "");
  if (cookie.domain.find(';') != std::string::npos) refuse(section.at("domain"), "has a semicolon");
  return cookie;
}

ServerConfig read_server(const Json& json, const std::string& place) {
  const Section section(json, place,
                        {"name", "address", "weight", "drain", "backup", "max_connections", "send_proxy"});
  ServerConfig server;
  server.name = section.name("name");
  server.address = section.address("address");
  server.weight = static_cast<unsigned>(section.number("weight", 1, 1, 256));
  server.drain = section.flag("drain");
  server.backup = section.flag("backup");
  server.max_connections = static_cast<unsigned>(section.number("max_connections", 0, 0, 1'000'000));
  server.send_proxy = static_cast<unsigned>(section.number("send_proxy", 0, 0, 2));
  return server;
}

void read_http_settings(const Section& section, BackendConfig& backend) {
  if (section.has("cookie")) backend.cookie = read_cookie(section.child("cookie"), section.at("cookie"));
  if (section.has("app_session")) {
    const Section app(section.child("app_session"), section.at("app_session"),
                      {"name", "length", "timeout_ms"});
    AppSessionConfig session;
    session.name = app.name("name");
    session.length = app.number("length", session.length, 1, 1024);
    session.timeout_ms = app.number("timeout_ms", session.timeout_ms, 1, 30 * kLongest);
    backend.app_session = session;
  }
  backend.users = read_users(section);
  backend.realm = section.text("realm", "");
  if (backend.realm.find_first_of("\"\\") != std::string::npos)
    refuse(section.at("realm"), "has a quote or a backslash");
  backend.force_https = section.flag("force_https");
  backend.hsts_seconds = section.number("hsts_seconds", 0, 0, 10'000'000'000);
  backend.gzip_types = texts(section, "gzip_types");
  backend.forwarded = section.flag("forwarded", true);
  backend.close = choice_of(section, "close", {Close::kNone, Close::kServer, Close::kBoth});
}

BackendConfig read_backend(const Json& json, const std::string& place) {
  const Section section(json, place,
                        {"name",        "mode",        "balance", "servers",        "retries",
                         "redispatch",  "all_backups", "health",  "slow_start_ms",  "cookie",
                         "app_session", "users",       "realm",   "force_https",    "hsts_seconds",
                         "gzip_types",  "forwarded",   "close",   "abort_on_close", "keep_alive_probes"});
  BackendConfig backend;
  backend.name = section.name("name");
  backend.mode = mode_of(section);
  backend.balance = balance_of(section);
  backend.retries = static_cast<unsigned>(section.number("retries", backend.retries, 0, 10));
  backend.redispatch = section.flag("redispatch", true);
  backend.all_backups = section.flag("all_backups");
  if (section.has("health")) backend.health = read_health(section.child("health"), section.at("health"));
  backend.slow_start_ms = section.number("slow_start_ms", 0, 0, kLongest);
  backend.abort_on_close = section.flag("abort_on_close");
  backend.keep_alive_probes = section.flag("keep_alive_probes");
  if (backend.mode == Mode::kTcp) {
    for (const char* key :
         {"cookie", "app_session", "users", "force_https", "hsts_seconds", "gzip_types", "close"})
      if (section.has(key)) refuse(section.at(key), "is of no use in mode tcp");
  }
  read_http_settings(section, backend);
  std::set<std::string> names;
  section.list("servers", [&](const Json& item, const std::string& where) {
    backend.servers.push_back(read_server(item, where));
    if (!names.insert(backend.servers.back().name).second)
      refuse(where + ".name", "\"" + backend.servers.back().name + "\" is a server of this backend already");
  });
  return backend;
}

Timeouts read_timeouts(const Json& json) {
  const Section section(json, "timeouts",
                        {"connect_ms", "client_ms", "server_ms", "request_ms", "keep_alive_ms", "queue_ms",
                         "tunnel_ms", "check_ms"});
  Timeouts timeouts;
  timeouts.connect_ms = section.number("connect_ms", timeouts.connect_ms, 1, kLongest);
  timeouts.client_ms = section.number("client_ms", timeouts.client_ms, 1, kLongest);
  timeouts.server_ms = section.number("server_ms", timeouts.server_ms, 1, kLongest);
  timeouts.request_ms = section.number("request_ms", timeouts.request_ms, 1, kLongest);
  timeouts.keep_alive_ms = section.number("keep_alive_ms", timeouts.keep_alive_ms, 1, kLongest);
  timeouts.queue_ms = section.number("queue_ms", 0, 0, kLongest);
  timeouts.tunnel_ms = section.number("tunnel_ms", 0, 0, kLongest);
  timeouts.check_ms = section.number("check_ms", 0, 0, kLongest);
  return timeouts;
}

TlsConfig read_tls(const Json& json, const std::string& place) {
  const Section section(
      json, place,
      {"certificates", "folder", "client_ca", "client_ca_file", "versions", "ciphers", "tickets"});
  TlsConfig tls;
  tls.certificates = texts(section, "certificates");
  tls.folder = section.text("folder", "");
  if (tls.certificates.empty() && tls.folder.empty())
    refuse(place, "has neither certificates nor a folder of them");
  tls.client_ca = section.long_text("client_ca");
  tls.client_ca_file = section.text("client_ca_file", "");
  if (section.has("versions")) tls.versions = texts(section, "versions");
  if (tls.versions.empty()) refuse(section.at("versions"), "must not be empty");
  for (const std::string& version : tls.versions)
    if (version != "1.0" && version != "1.1" && version != "1.2" && version != "1.3")
      refuse(section.at("versions"), "\"" + version + "\" is none of 1.0, 1.1, 1.2, 1.3");
  tls.ciphers = section.text("ciphers", "");
  tls.tickets = section.flag("tickets", true);
  return tls;
}

// The backend named by `key`, which must be there and of this mode.
std::string backend_of(const Section& section, const char* key, Mode mode, const Config& config) {
  const std::string name = section.text(key, "");
  if (name.empty()) return name;
  const auto named = [&](const BackendConfig& backend) { return backend.name == name; };
  const auto found = std::find_if(config.backends.begin(), config.backends.end(), named);
  if (found == config.backends.end()) refuse(section.at(key), "there is no backend \"" + name + "\"");
  if (found->mode != mode) refuse(section.at(key), "the backend \"" + name + "\" is of another mode");
  return name;
}

FrontendConfig read_frontend(const Json& json, const std::string& place, const Config& config) {
  const Section section(json, place,
                        {"name", "bind", "mode", "backend", "rules", "tls", "accept_proxy", "monitor_uri",
                         "stats", "users", "max_connections"});
  FrontendConfig frontend;
  frontend.name = section.name("name");
  frontend.bind = section.address("bind");
  frontend.mode = mode_of(section);
  frontend.backend = backend_of(section, "backend", frontend.mode, config);
  if (section.has("rules"))
    section.list("rules", [&](const Json& item, const std::string& where) {
      const Section rule(item, where, {"host", "path", "websocket", "backend"});
      frontend.rules.push_back({rule.text("host", "*"), rule.text("path", "*"), rule.flag("websocket"),
                                backend_of(rule, "backend", frontend.mode, config)});
      if (frontend.rules.back().backend.empty()) refuse(rule.at("backend"), "is missing");
    });
  if (section.has("tls")) frontend.tls = read_tls(section.child("tls"), section.at("tls"));
  frontend.accept_proxy = section.flag("accept_proxy");
  frontend.monitor_uri = section.text("monitor_uri", "");
  frontend.stats = section.flag("stats");
  frontend.users = read_users(section);
  frontend.max_connections = static_cast<unsigned>(section.number("max_connections", 0, 0, 1'000'000));
  if (frontend.mode == Mode::kTcp) {
    for (const char* key : {"rules", "monitor_uri", "stats", "users"})
      if (section.has(key)) refuse(section.at(key), "is of no use in mode tcp");
    if (frontend.backend.empty()) refuse(section.at("backend"), "is missing, and mode tcp has no rules");
  }
  return frontend;
}

void read_frontends(const Section& root, Config& config) {
  std::set<std::string> names;
  std::set<std::string> binds;
  root.list("frontends", [&](const Json& item, const std::string& where) {
    config.frontends.push_back(read_frontend(item, where, config));
    const FrontendConfig& frontend = config.frontends.back();
    if (!names.insert(frontend.name).second)
      refuse(where + ".name", "\"" + frontend.name + "\" is a frontend already");
    if (!binds.insert(frontend.bind.to_string()).second)
      refuse(where + ".bind", frontend.bind.to_string() + " is another frontend's");
  });
  if (config.frontends.empty()) refuse("frontends", "there must be at least one");
}

}  // namespace

Config parse_config(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw ConfigError("not JSON at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {
    throw ConfigError("has a number that is out of all range");
  }
  const Section root(json, "",
                     {"frontends", "backends", "timeouts", "max_connections", "max_body_bytes", "access_log",
                      "syslog", "log_empty", "keep_alive_probes", "notes", "notify", "generation"});
  Config config;
  std::set<std::string> names;
  root.list("backends", [&](const Json& item, const std::string& where) {
    config.backends.push_back(read_backend(item, where));
    if (!names.insert(config.backends.back().name).second)
      refuse(where + ".name", "\"" + config.backends.back().name + "\" is a backend already");
  });
  read_frontends(root, config);
  if (root.has("timeouts")) config.timeouts = read_timeouts(root.child("timeouts"));
  config.max_connections = static_cast<unsigned>(root.number("max_connections", 4096, 1, 1'000'000));
  config.max_body_bytes = root.number("max_body_bytes", 0, 0, uint64_t{1} << 60);
  config.access_log = root.flag("access_log");
  if (root.has("syslog")) config.syslog = root.address("syslog");
  config.log_empty = root.flag("log_empty", true);
  config.keep_alive_probes = root.flag("keep_alive_probes");
  config.notes = texts(root, "notes");
  config.notify = root.text("notify", "");
  if (config.notify.size() >= sizeof(sockaddr_un::sun_path))
    refuse("notify", "is longer than the path of a socket may be");
  config.generation = root.number("generation", 0, 0, uint64_t{1} << 53);
  return config;
}

}  // namespace netmgr::lb
