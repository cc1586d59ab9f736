#include "netmgr/dns_upstreams.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "netmgr/namespace_scope.h"
#include "sys/error.h"

namespace netmgr::dns {
namespace {

constexpr uint16_t kPort = 53;
constexpr size_t kMaxServers = 32;
constexpr Milliseconds kSilence = 10'000;

struct HostAndPort {
  std::string host;
  uint16_t port = kPort;
};

HostAndPort split(const std::string& text) {
  HostAndPort result{text, kPort};
  size_t colon = std::string::npos;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string::npos) throw sys::Error(EINVAL, "parse DNS upstream", text);
    result.host = text.substr(1, close - 1);
    if (close + 1 < text.size()) colon = close + 1;
  } else if (text.find(':') == text.rfind(':') && text.find(':') != std::string::npos) {
    colon = text.find(':');
    result.host = text.substr(0, colon);
  }
  if (colon == std::string::npos) return result;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, result.port);
  if (text[colon] != ':' || parsed.ec != std::errc{} || parsed.ptr != end || result.port == 0) {
    throw sys::Error(EINVAL, "parse DNS upstream", text);
  }
  return result;
}

}  // namespace

Milliseconds now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

uint16_t random_id() {
  uint16_t id = 0;
  while (::getrandom(&id, sizeof id, 0) != sizeof id) {
  }
  return id;
}

Upstreams::Server Upstreams::parse(const std::string& text) {
  const HostAndPort parts = split(text);
  Server server;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&server.address);
  if (::inet_pton(AF_INET, parts.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(parts.port);
    server.size = sizeof(sockaddr_in);
    return server;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&server.address);
  const size_t percent = parts.host.find('%');
  if (::inet_pton(AF_INET6, parts.host.substr(0, percent).c_str(), &v6->sin6_addr) != 1) {
    throw sys::Error(EINVAL, "parse DNS upstream", text);
  }
  if (percent != std::string::npos) v6->sin6_scope_id = ::if_nametoindex(parts.host.c_str() + percent + 1);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(parts.port);
  server.size = sizeof(sockaddr_in6);
  return server;
}

Upstreams::Upstreams(const std::vector<std::string>& texts, sys::Fd netns) : netns_(std::move(netns)) {
  for (const std::string& text : texts) {
    Server server = parse(text);
    if (servers_.size() < kMaxServers) servers_.push_back(server);
  }
}

std::optional<size_t> Upstreams::next(Tried tried) const {
  const Milliseconds present = now();
  std::optional<size_t> silent;
  for (size_t index = 0; index < servers_.size(); ++index) {
    if ((tried >> index & 1) != 0) continue;
    if (servers_[index].silent_until <= present) return index;
    if (!silent) silent = index;
  }
  return silent;
}

void Upstreams::mark_silent(size_t upstream) {
  servers_[upstream].silent_until = now() + kSilence;
}

sys::Fd Upstreams::connect(size_t upstream, int type) const {
  if (!netns_) return connect_to(servers_[upstream], type);
  try {
    const NamespaceScope inside(netns_);
    return connect_to(servers_[upstream], type);
  } catch (const sys::Error&) {
    return {};
  }
}

sys::Fd Upstreams::connect_to(const Server& server, int type) {
  sys::Fd fd(::socket(server.address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  if (::connect(fd.get(), address, server.size) != 0 && errno != EINPROGRESS) fd.reset();
  return fd;
}

}  // namespace netmgr::dns
