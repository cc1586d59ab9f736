// Whole sessions of the load balancer over loopback: what a client sends, and what a server answers, are any
// bytes, in any pieces. Nothing may be left under way when both have gone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "netmgr/lb/balancer.h"
#include "sys/fd.h"

namespace {

using namespace netmgr::lb;

constexpr int kMostTurns = 64;

sys::Fd socket_of(bool waiting) {
  return sys::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (waiting ? 0 : SOCK_NONBLOCK), 0));
}

// An end by reset, or the ports of loopback would be used up soon.
void reset_at_end(int fd) {
  const linger reset{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

class Scene {
 public:
  Scene() : server_(socket_of(false)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(server_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
    if (::listen(server_.get(), 64) != 0) std::abort();
    socklen_t size = sizeof address;
    ::getsockname(server_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const std::string port = std::to_string(ntohs(address.sin_port));
    balancer_ = std::make_unique<Balancer>(parse_config(
        R"({"frontends": [{"name": "http", "bind": "127.0.0.1:0", "backend": "web", "monitor_uri": "/ping",
                           "rules": [{"host": "a.*", "path": "/b*", "backend": "plain"}]},
                          {"name": "tcp", "bind": "127.0.0.2:0", "backend": "raw", "mode": "tcp"},
                          {"name": "proxy", "bind": "127.0.0.3:0", "backend": "web", "accept_proxy": true}],
            "backends": [{"name": "web", "servers": [{"name": "s", "address": "127.0.0.1:)" +
        port +
        R"(", "max_connections": 2}], "retries": 1,
                          "cookie": {"name": "SRV", "indirect": true}, "app_session": {"name": "ID"},
                          "gzip_types": ["text/plain"]},
                         {"name": "plain", "servers": [{"name": "s", "address": "127.0.0.1:)" +
        port + R"("}]},
                         {"name": "raw", "mode": "tcp", "servers": [{"name": "s", "address": "127.0.0.1:)" +
        port + R"("}]}],
            "timeouts": {"client_ms": 5, "server_ms": 5, "request_ms": 5, "tunnel_ms": 5, "queue_ms": 5},
            "max_body_bytes": 5000})"));
  }

  void run(std::string_view client_bytes, std::string_view server_bytes, unsigned mode, size_t piece) {
    const char* const frontends[] = {"http", "http", "tcp", "proxy"};
    const SocketAddress address = balancer_->address_of(frontends[mode % 4]);
    sys::Fd client = socket_of(true);
    reset_at_end(client.get());
    if (::connect(client.get(), address.raw(), address.size()) != 0) return;
    std::vector<sys::Fd> peers;
    std::vector<size_t> said;
    for (int turn = 0; turn < kMostTurns; ++turn) {
      if (!client_bytes.empty()) {
        const std::string_view part = client_bytes.substr(0, piece);
        ::send(client.get(), part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        client_bytes.remove_prefix(part.size());
        if (client_bytes.empty() && (mode & 8) != 0) ::shutdown(client.get(), SHUT_WR);
      }
      balancer_->run_once(0);
      sys::Fd peer(::accept4(server_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (peer) {
        reset_at_end(peer.get());
        peers.push_back(std::move(peer));
        said.push_back(0);
      }
      for (size_t i = 0; i < peers.size(); ++i) {
        char bytes[4096];
        if (!peers[i] || ::recv(peers[i].get(), bytes, sizeof bytes, MSG_DONTWAIT) == 0) continue;
        const std::string_view part = server_bytes.substr(said[i], piece);
        ::send(peers[i].get(), part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        said[i] += part.size();
        if (said[i] == server_bytes.size() && (mode & 16) != 0) peers[i].reset();
      }
      balancer_->run_once(0);
      char bytes[4096];
      if (::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT) == 0 && client_bytes.empty()) break;
    }
    client.reset();
    if ((mode & 32) != 0) peers.clear();
    for (int i = 0; i < 100 && balancer_->clients() > 0; ++i) balancer_->run_once(5);
    peers.clear();
    balancer_->run_once(0);
    if (balancer_->clients() > 0) std::abort();
    for (const auto& [name, backend] : balancer_->backends())
      if (backend->servers()[0]->active > 0 || backend->counters.sessions > 0 || backend->counters.queued > 0)
        std::abort();
  }

 private:
  sys::Fd server_;
  std::unique_ptr<Balancer> balancer_;
};

}  // namespace

// A byte that says how, one for the size of pieces, one for how much is the client's, then the bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Scene scene;
  constexpr size_t kFirst = 3;
  if (size < kFirst) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + kFirst, size - kFirst);
  const size_t split = bytes.size() * data[2] / 256;
  scene.run(bytes.substr(0, split), bytes.substr(split), data[0], size_t{1} + data[1] * 16);
  return 0;
}
