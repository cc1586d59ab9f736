#include "engine/lb_statistics.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "engine/container/run_files.h"
#include "engine/error.h"
#include "engine/http/base64.h"
#include "netmgr/lb/config.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"

namespace engine {

namespace {

constexpr timeval kPatience{3, 0};
constexpr size_t kMostBytes = 64 << 20;

std::string config_path(const Paths& paths, const ContainerInfo& container) {
  return lb_config(paths.run_container(container.id));
}

[[noreturn]] void fail(const ContainerInfo& container, const std::string& why) {
  throw Error(Error::Kind::kUnavailable, "load balancer " + container.name + ": " + why);
}

std::optional<netmgr::lb::FrontendConfig> statistics_of(const netmgr::lb::Config& config) {
  const auto found = std::find_if(config.frontends.begin(), config.frontends.end(),
                                  [](const auto& frontend) { return frontend.stats; });
  return found == config.frontends.end() ? std::nullopt : std::optional(*found);
}

sys::Fd connect_inside(const ContainerInfo& container, uint16_t port) {
  const sys::ProcessId& process = container.status.process;
  const sys::Fd netns(
      ::open(("/proc/" + std::to_string(process.pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  // The number may be another's by now.
  if (!netns || !sys::is_alive(process)) fail(container, "it is not running");
  sys::Fd socket;
  {
    const netmgr::NamespaceScope inside(netns);
    socket.reset(sys::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  }
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
    ::setsockopt(socket.get(), SOL_SOCKET, option, &kPatience, sizeof kPatience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(container, "it does not answer on port " + std::to_string(port));
  return socket;
}

std::string read_to_end(const sys::Fd& socket, const ContainerInfo& container) {
  std::string answer;
  std::array<char, 65536> bytes{};
  for (;;) {
    const ssize_t size = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (size == 0) return answer;
    if (size < 0) fail(container, "it did not answer in time");
    answer.append(bytes.data(), static_cast<size_t>(size));
    if (answer.size() > kMostBytes) fail(container, "its statistics do not end");
  }
}

}  // namespace

bool is_load_balancer(const Paths& paths, const ContainerInfo& container) {
  return ::access(config_path(paths, container).c_str(), F_OK) == 0;
}

std::string load_balancer_statistics(const Paths& paths, const ContainerInfo& container) {
  if (container.status.state == State::kPaused) fail(container, "it is paused; unpause it first");
  const std::optional<std::string> text = sys::read_file_if_exists(config_path(paths, container));
  if (!text) fail(container, "it is not running");
  const auto frontend = statistics_of(netmgr::lb::parse_config(*text));
  if (!frontend) fail(container, "it keeps no statistics; is STATS_PORT that of a balanced service?");
  const sys::Fd socket = connect_inside(container, frontend->bind.port());
  std::string request = "GET /;json HTTP/1.0\r\nHost: localhost\r\n";
  if (!frontend->users.empty()) {
    const netmgr::lb::User& user = frontend->users.front();
    request += "Authorization: " + basic_authorization(user.name, user.password) + "\r\n";
  }
  request += "\r\n";
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    fail(container, "it does not take requests");
  const std::string answer = read_to_end(socket, container);
  const size_t body = answer.find("\r\n\r\n");
  if (body == std::string::npos || answer.compare(0, 9, "HTTP/1.1 ") != 0 || answer.compare(9, 3, "200") != 0)
    fail(container, "it answers: " + answer.substr(0, answer.find('\r')));
  return answer.substr(body + 4);
}

}  // namespace engine
