#pragma once
// A balancer that runs in a thread of its own, servers to put behind it, and a client that writes raw bytes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "netmgr/lb/balancer.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace scene {

// As in the program: who has gone is found by the write, and OpenSSL writes without MSG_NOSIGNAL.
inline const auto kNoSignalOfPipes = ::signal(SIGPIPE, SIG_IGN);

inline uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// A blocking connection; reads give up after five seconds.
class Peer {
 public:
  explicit Peer(sys::Fd fd) : fd_(std::move(fd)) {
    const timeval limit{5, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  static Peer to(uint16_t port) {
    sys::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sys::check(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    return Peer(std::move(fd));
  }
  bool send(const std::string& bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Up to and with `end`; less when the peer closes or is silent.
  std::string until(const std::string& end) {
    while (true) {
      const size_t at = buffer_.find(end);
      if (at != std::string::npos) return take(at + end.size());
      if (!more()) return take(buffer_.size());
    }
  }
  std::string exactly(size_t size) {
    while (buffer_.size() < size && more()) continue;
    return take(std::min(size, buffer_.size()));
  }
  // What there is, at least a byte; empty: the end.
  std::string some() {
    if (buffer_.empty()) more();
    return take(buffer_.size());
  }
  std::string rest() {
    while (more()) continue;
    return take(buffer_.size());
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  int fd() const { return fd_.get(); }
  sys::Fd release() { return std::move(fd_); }

 private:
  bool more() {
    char bytes[65536];
    const ssize_t size = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(size));
    return true;
  }
  std::string take(size_t size) {
    std::string result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
  }
  sys::Fd fd_;
  std::string buffer_;
};

// Runs `serve` for every connection, each in its own thread.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(Peer&)> serve, uint16_t port = 0) : serve_(std::move(serve)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sys::check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    sys::check(::listen(listener_.get(), 128), "listen");
    port_ = port_of(listener_.get());
    thread_ = std::thread([this] { run(); });
  }
  ~FakeServer() {
    stop_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& peer : peers_) ::shutdown(peer->fd(), SHUT_RDWR);
    }
    for (std::thread& worker : workers_) worker.join();
  }
  uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void run() {
    while (!stop_) {
      sys::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++connections_;
      auto peer = std::make_shared<Peer>(std::move(fd));
      const std::lock_guard lock(mutex_);
      peers_.push_back(peer);
      workers_.emplace_back([this, peer] {
        serve_(*peer);
        ::shutdown(peer->fd(), SHUT_RDWR);
      });
    }
  }
  std::function<void(Peer&)> serve_;
  sys::Fd listener_;
  uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::vector<std::thread> workers_;
  std::thread thread_;
};

// Answers every request without a body with `name` and what was asked for.
inline std::function<void(Peer&)> echo(const std::string& name) {
  return [name](Peer& peer) {
    while (true) {
      const std::string head = peer.until("\r\n\r\n");
      if (!head.ends_with("\r\n\r\n")) return;
      const std::string body = name + " " + head.substr(0, head.find(" HTTP/"));
      if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body))
        return;
    }
  };
}

inline netmgr::lb::ServerConfig server_at(uint16_t port) {
  netmgr::lb::ServerConfig server;
  server.name = "web_" + std::to_string(port);
  server.address = *netmgr::lb::SocketAddress::parse("127.0.0.1:" + std::to_string(port));
  return server;
}

inline netmgr::lb::FrontendConfig frontend_named(const std::string& name) {
  netmgr::lb::FrontendConfig frontend;
  frontend.name = name;
  frontend.bind = *netmgr::lb::SocketAddress::parse("127.0.0.1:0");
  return frontend;
}

// One frontend "front" and one backend "web".
inline netmgr::lb::Config config_for(const std::vector<uint16_t>& ports) {
  netmgr::lb::Config config;
  config.frontends.push_back(frontend_named("front"));
  config.frontends[0].backend = "web";
  netmgr::lb::BackendConfig backend;
  backend.name = "web";
  for (const uint16_t port : ports) backend.servers.push_back(server_at(port));
  config.backends.push_back(backend);
  return config;
}

class Running {
 public:
  explicit Running(const netmgr::lb::Config& config)
      : balancer_(config, [this](const std::string& text) { reports_.push_back(text); }) {
    for (const netmgr::lb::FrontendConfig& frontend : config.frontends)
      ports_[frontend.name] = balancer_.address_of(frontend.name).port();
    thread_ = std::thread([this] {
      while (!stop_) {
        balancer_.run_once(5);
        const std::lock_guard lock(mutex_);
        for (auto& task : tasks_) task();
        tasks_.clear();
      }
    });
  }
  ~Running() {
    stop_ = true;
    thread_.join();
  }
  uint16_t port(const std::string& frontend = "front") const { return ports_.at(frontend); }
  // In its thread.
  void run(const std::function<void(netmgr::lb::Balancer&)>& work) {
    std::promise<void> done;
    {
      const std::lock_guard lock(mutex_);
      tasks_.emplace_back([&] {
        work(balancer_);
        done.set_value();
      });
    }
    done.get_future().wait();
  }
  void apply(const netmgr::lb::Config& config) {
    run([&](netmgr::lb::Balancer& balancer) { balancer.apply(config); });
  }
  // Until it holds; false: it never did.
  bool wait_for(const std::function<bool(netmgr::lb::Balancer&)>& holds) {
    bool result = false;
    for (int i = 0; i < 500 && !result; ++i) {
      run([&](netmgr::lb::Balancer& balancer) { result = holds(balancer); });
      if (!result) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return result;
  }
  std::vector<std::string> reports() {
    std::vector<std::string> result;
    run([&](netmgr::lb::Balancer&) { result = reports_; });
    return result;
  }

 private:
  std::vector<std::string> reports_;
  netmgr::lb::Balancer balancer_;
  std::map<std::string, uint16_t> ports_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  std::thread thread_;
};

inline const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// A port that nobody listens on.
inline uint16_t closed_port() {
  return FakeServer([](Peer&) {}).port();
}

// Head and body, which has a Content-Length.
inline std::string answer_of(Peer& peer) {
  const std::string head = peer.until("\r\n\r\n");
  const size_t at = head.find("Content-Length: ");
  return head + (at == std::string::npos ? "" : peer.exactly(std::stoul(head.substr(at + 16))));
}

// The answer to one request of a new client.
inline std::string ask(uint16_t port, const std::string& request = kGet) {
  Peer client = Peer::to(port);
  client.send(request);
  return answer_of(client);
}
inline std::string get(const std::string& target, const std::string& fields = "Host: h\r\n") {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace scene
