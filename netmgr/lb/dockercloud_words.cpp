#include "netmgr/lb/dockercloud_words.h"

#include <algorithm>
#include <charconv>

#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb::dockercloud {
namespace {

constexpr uint64_t kLongest = 86'400'000;

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

// Words one after the other, with their arguments.
class Words {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {}
  bool next(std::string& word) {
    if (at_ == words_.size()) return false;
    word = words_[at_++];
    return true;
  }
  std::string argument() { return at_ == words_.size() ? std::string() : words_[at_++]; }

 private:
  std::vector<std::string> words_;
  size_t at_ = 0;
};

void take_number(Words& words, const std::string& word, unsigned& into, uint64_t most, const Warn& warn) {
  const std::string text = words.argument();
  const std::optional<uint64_t> value = number_of(text, most);
  if (value)
    into = static_cast<unsigned>(*value);
  else
    warn("\"" + word + " " + text + "\" has no number that can be used");
}

void take_duration(Words& words, const std::string& word, uint64_t& into, const Warn& warn) {
  const std::string text = words.argument();
  const std::optional<uint64_t> value = duration_of(text);
  if (value)
    into = std::min(*value, 30 * kLongest);
  else
    warn("\"" + word + " " + text + "\" has no time that can be used");
}

bool is_cookie_name(const std::string& name, const Warn& warn) {
  const bool good = std::all_of(name.begin(), name.end(), is_token) && name.find('&') == std::string::npos;
  if (!good) warn("\"" + name + "\" is no name of a cookie");
  return good;
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> result;
  std::string item;
  const auto end_item = [&] {
    if (const std::string_view trimmed = trim(item); !trimmed.empty()) result.emplace_back(trimmed);
    item.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      item += text[++i];
    } else if (text[i] == ',') {
      end_item();
    } else {
      item += text[i] == '\n' ? ' ' : text[i];
    }
  }
  end_item();
  return result;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return result;
}

std::optional<uint64_t> number_of(std::string_view text, uint64_t most) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most)
    return std::nullopt;
  return value;
}

std::optional<uint64_t> duration_of(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<uint64_t> value = number_of(text.substr(0, digits), 10'000'000'000);
  const std::string_view unit = text.substr(digits);
  if (!value) return std::nullopt;
  uint64_t result = 0;
  if (unit.empty() || unit == "ms")
    result = *value;
  else if (unit == "us")
    result = (*value + 999) / 1000;
  else if (unit == "s")
    result = *value * 1000;
  else if (unit == "m")
    result = *value * 60'000;
  else if (unit == "h")
    result = *value * 3'600'000;
  else if (unit == "d")
    result = *value * kLongest;
  else
    return std::nullopt;
  return result;
}

void read_timeouts(const std::vector<std::string>& list, Timeouts& timeouts, const Warn& warn) {
  bool keep_alive = false;
  for (const std::string& item : list) {
    const std::vector<std::string> words = split_words(item);
    const std::optional<uint64_t> value = words.size() == 2 ? duration_of(words[1]) : std::nullopt;
    if (!value || *value == 0) {
      warn("\"" + item + "\" is not the name of a timeout and a time");
      continue;
    }
    const uint64_t time = std::min(*value, kLongest);
    const std::string& name = words[0];
    if (name == "connect")
      timeouts.connect_ms = time;
    else if (name == "client")
      timeouts.client_ms = time;
    else if (name == "server")
      timeouts.server_ms = time;
    else if (name == "http-request")
      timeouts.request_ms = time;
    else if (name == "http-keep-alive")
      timeouts.keep_alive_ms = time;
    else if (name == "queue")
      timeouts.queue_ms = time;
    else if (name == "tunnel")
      timeouts.tunnel_ms = time;
    else if (name == "check")
      timeouts.check_ms = time;
    else
      warn("there is no timeout \"" + name + "\" here");
    keep_alive = keep_alive || name == "http-keep-alive";
    // As in HAProxy a client may be silent between requests as long as within one.
    if (name == "client" && !keep_alive) timeouts.keep_alive_ms = time;
  }
}

void read_options(const std::vector<std::string>& list, Config& config, BackendConfig& backend,
                  const Warn& warn) {
  for (const std::string& item : list) {
    const std::vector<std::string> words = split_words(item);
    if (words.empty()) continue;
    const std::string& name = words.front();
    if (name == "redispatch") {
      backend.redispatch = true;
    } else if (name == "httplog" || name == "tcplog") {
      config.access_log = true;
    } else if (name == "dontlognull") {
      config.log_empty = false;
    } else if (name == "http-server-close") {
      backend.close = std::max(backend.close, Close::kServer);
    } else if (name == "httpclose" || name == "forceclose") {
      backend.close = Close::kBoth;
    } else if (name == "abortonclose") {
      backend.abort_on_close = true;
    } else if (name == "allbackups") {
      backend.all_backups = true;
    } else if (name == "tcpka") {
      config.keep_alive_probes = backend.keep_alive_probes = true;
    } else if (name == "clitcpka") {
      config.keep_alive_probes = true;
    } else if (name == "srvtcpka") {
      backend.keep_alive_probes = true;
    } else if (name == "httpchk") {
      if (!backend.health) backend.health = HealthConfig{};
      backend.health->http = read_http_check(trim(std::string_view(item).substr(name.size())));
    } else if ((name == "forwardfor" && words.size() == 1) || name == "http-keep-alive" ||
               name == "splice-auto" || name == "splice-request" || name == "splice-response" ||
               name == "log-health-checks" || name == "tcp-smart-accept" || name == "tcp-smart-connect") {
      continue;  // so it is
    } else {
      warn("the option \"" + item + "\" is not known here");
    }
  }
}

void read_server_words(std::string_view text, ServerWords& words, const Warn& warn) {
  Words list(split_words(text));
  std::string word;
  while (list.next(word)) {
    if (word == "check") {
      words.check = true;
    } else if (word == "inter") {
      take_duration(list, word, words.health.interval_ms, warn);
      words.health.interval_ms = std::clamp<uint64_t>(words.health.interval_ms, 10, kLongest);
    } else if (word == "fastinter") {
      take_duration(list, word, words.health.fast_interval_ms, warn);
      words.health.fast_interval_ms = std::min(words.health.fast_interval_ms, kLongest);
    } else if (word == "downinter") {
      take_duration(list, word, words.health.down_interval_ms, warn);
      words.health.down_interval_ms = std::min(words.health.down_interval_ms, kLongest);
    } else if (word == "rise") {
      take_number(list, word, words.health.rise, 1000, warn);
      words.health.rise = std::max(words.health.rise, 1U);
    } else if (word == "fall") {
      take_number(list, word, words.health.fall, 1000, warn);
      words.health.fall = std::max(words.health.fall, 1U);
    } else if (word == "port") {
      unsigned port = 0;
      take_number(list, word, port, 65535, warn);
      words.health.port = static_cast<uint16_t>(port);
    } else if (word == "weight") {
      take_number(list, word, words.weight, 256, warn);
      words.weight = std::max(words.weight, 1U);
    } else if (word == "maxconn") {
      take_number(list, word, words.max_connections, 1'000'000, warn);
    } else if (word == "slowstart") {
      take_duration(list, word, words.slow_start_ms, warn);
      words.slow_start_ms = std::min(words.slow_start_ms, kLongest);
    } else if (word == "send-proxy") {
      words.send_proxy = 1;
    } else if (word == "send-proxy-v2") {
      words.send_proxy = 2;
    } else if (word == "backup") {
      words.backup = true;
    } else {
      warn("\"" + word + "\" is not known here");
    }
  }
}

HttpCheckConfig read_http_check(std::string_view text) {
  // "\ " is a space within a word, "\r\n" ends a line of the request.
  std::string lines;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == 'n'))
      lines += text[++i] == 'n' ? '\n' : ' ';
    else if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'r')
      ++i;
    else if (text[i] != '\r')
      lines += text[i];
  }
  HttpCheckConfig check;
  const std::string first = lines.substr(0, lines.find('\n'));
  const std::vector<std::string> words = split_words(first);
  if (words.size() == 1) check.target = words[0];
  if (words.size() > 1) {
    check.method = words[0];
    check.target = words[1];
  }
  for (size_t at = lines.find('\n'); at != std::string::npos;) {
    const size_t end = lines.find('\n', at + 1);
    const std::string_view field =
        trim(std::string_view(lines).substr(at + 1, end == std::string::npos ? end : end - at - 1));
    if (field.find(':') != std::string_view::npos) check.fields.emplace_back(field);
    at = end;
  }
  return check;
}

std::optional<CookieConfig> read_cookie(std::string_view text, const Warn& warn) {
  Words words(split_words(text));
  CookieConfig cookie;
  if (!words.next(cookie.name)) return std::nullopt;
  std::optional<CookieMode> mode;
  std::string word;
  while (words.next(word)) {
    const auto modes = {CookieMode::kInsert, CookieMode::kRewrite, CookieMode::kPrefix};
    const auto* const named =
        std::find_if(modes.begin(), modes.end(), [&](CookieMode one) { return word == name_of(one); });
    if (named != modes.end() && mode && *mode != *named)
      warn("\"" + word + "\" does not go with \"" + name_of(*mode) + "\"");
    else if (named != modes.end())
      mode = *named;
    else if (word == "indirect")
      cookie.indirect = true;
    else if (word == "nocache")
      cookie.no_cache = true;
    else if (word == "postonly")
      cookie.post_only = true;
    else if (word == "preserve")
      cookie.preserve = true;
    else if (word == "httponly")
      cookie.http_only = true;
    else if (word == "secure")
      cookie.secure = true;
    else if (word == "domain")
      cookie.domain = words.argument();
    else
      warn("\"" + word + "\" is not known here");
  }
  if (!is_cookie_name(cookie.name, warn)) return std::nullopt;
  if (cookie.domain.find(';') != std::string::npos) {
    warn("\"" + cookie.domain + "\" is no domain");
    cookie.domain.clear();
  }
  if (!mode) {
    warn("it names none of insert, rewrite, prefix, so sessions are not sticky");
    return std::nullopt;
  }
  cookie.mode = *mode;
  return cookie;
}

std::optional<AppSessionConfig> read_app_session(std::string_view text, const Warn& warn) {
  Words words(split_words(text));
  AppSessionConfig session;
  if (!words.next(session.name) || !is_cookie_name(session.name, warn)) return std::nullopt;
  std::string word;
  while (words.next(word)) {
    if (word == "len") {
      unsigned length = 0;
      take_number(words, word, length, 1024, warn);
      if (length > 0) session.length = length;
    } else if (word == "timeout") {
      take_duration(words, word, session.timeout_ms, warn);
      session.timeout_ms = std::clamp<uint64_t>(session.timeout_ms, 1, 30 * kLongest);
    } else if (word != "request-learn") {  // servers are learnt from requests too, always
      warn("\"" + word + "\" is not known here");
    }
  }
  return session;
}

std::vector<User> read_users(std::string_view text) {
  std::vector<User> users;
  for (const std::string& item : split_list(text)) {
    const size_t colon = item.find(':');
    if (colon != std::string::npos) users.push_back({item.substr(0, colon), item.substr(colon + 1)});
  }
  return users;
}

void read_bind_options(std::string_view text, TlsConfig& tls, const Warn& warn) {
  const std::vector<std::string> all = {"1.0", "1.1", "1.2", "1.3"};
  std::vector<std::string> versions = tls.versions;
  const auto keep = [&](auto wanted) {
    std::vector<std::string> kept;
    for (const std::string& version : all)
      if (wanted(version)) kept.push_back(version);
    return kept;
  };
  const auto has = [&](const std::string& version) {
    return std::find(versions.begin(), versions.end(), version) != versions.end();
  };
  // "tlsv12" and "TLSv1.2" are "1.2".
  const auto version_of = [&](std::string word) {
    word = lowered(word);
    if (word == "sslv3") return std::string("0");
    if (!word.starts_with("tlsv1")) return std::string();
    std::string minor = word.substr(5);
    if (minor.starts_with('.')) minor = minor.substr(1);
    if (minor.empty()) minor = "0";
    return minor.size() == 1 && minor[0] <= '3' && minor[0] >= '0' ? "1." + minor : std::string();
  };
  Words words(split_words(text));
  std::string word;
  while (words.next(word)) {
    const bool least = word == "ssl-min-ver";
    if (least || word == "ssl-max-ver") {
      const std::string bound = version_of(words.argument());
      if (bound.empty()) {
        warn("\"" + word + "\" names no version of TLS");
      } else if (least) {
        versions = keep([&](const std::string& version) { return version >= bound; });
      } else {
        versions = keep([&](const std::string& version) {
          return version <= bound && (has(version) || version == bound);
        });
      }
    } else if (word == "no-tls-tickets") {
      tls.tickets = false;
    } else if (word.starts_with("no-") && !version_of(word.substr(3)).empty()) {
      const std::string without = version_of(word.substr(3));
      versions = keep([&](const std::string& version) { return has(version) && version != without; });
    } else if (word.starts_with("force-") && version_of(word.substr(6)).starts_with("1.")) {
      versions = {version_of(word.substr(6))};
    } else if (word != "prefer-client-ciphers") {
      warn("\"" + word + "\" is not known here");
    }
  }
  if (versions.empty())
    warn("no version of TLS is left; 1.2 and 1.3 are used");
  else
    tls.versions = versions;
}

std::string read_certificate(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n') {
      result += '\n';
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::optional<VirtualHost> read_virtual_host(std::string_view text) {
  VirtualHost host;
  const size_t colon = text.find("://");
  if (colon != std::string_view::npos) {
    const std::string scheme = lowered(text.substr(0, colon));
    if (scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss") return std::nullopt;
    host.tls = scheme == "https" || scheme == "wss";
    host.websocket = scheme.starts_with("ws");
    text.remove_prefix(colon + 3);
  }
  host.port = host.tls ? 443 : 80;
  const size_t slash = std::min(text.find('/'), text.size());
  std::string_view name = text.substr(0, slash);
  host.path = slash < text.size() ? std::string(text.substr(slash)) : "*";
  const size_t port = name.rfind(':');
  if (port != std::string_view::npos && name.find(']', port) == std::string_view::npos) {
    const std::optional<uint64_t> value = number_of(name.substr(port + 1), 65535);
    if (!value || *value == 0) return std::nullopt;
    host.port = static_cast<uint16_t>(*value);
    name = name.substr(0, port);
  }
  host.host = name.empty() ? "*" : std::string(name);
  return host;
}

std::optional<TcpPort> read_tcp_port(std::string_view text) {
  TcpPort result;
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string suffix = lowered(text.substr(slash));
  if (!suffix.empty() && suffix != "/ssl") return std::nullopt;
  const std::optional<uint64_t> value = number_of(trim(text.substr(0, slash)), 65535);
  if (!value || *value == 0) return std::nullopt;
  result.port = static_cast<uint16_t>(*value);
  result.tls = !suffix.empty();
  return result;
}

}  // namespace netmgr::lb::dockercloud
