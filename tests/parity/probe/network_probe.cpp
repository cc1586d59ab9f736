// Who is reached, and as whom one is seen there. A static program, so that it runs in any image. A TARGET is
// tcp:ADDRESS:PORT or udp:ADDRESS:PORT, an address of IPv6 between brackets.
//   network_probe serve TARGET...   answers each with the address it comes from
//   network_probe visit TARGET...   all at once; a line for each: the target, and what it answered, or `no`
//                                   after two seconds
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr auto kPatience = std::chrono::seconds(2);

struct Target {
  std::string text;
  bool udp = false;
  sockaddr_storage address{};
  socklen_t size = 0;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "network_probe: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

Target parse(const std::string& text) {
  const size_t first = text.find(':');
  const size_t last = text.rfind(':');
  Target target;
  target.text = text;
  target.udp = text.substr(0, first) == "udp";
  const in_port_t port = htons(static_cast<uint16_t>(std::atoi(text.c_str() + last + 1)));
  std::string address = text.substr(first + 1, last - first - 1);
  if (address.size() > 2 && address.front() == '[') {
    address = address.substr(1, address.size() - 2);
    auto* place = reinterpret_cast<sockaddr_in6*>(&target.address);
    place->sin6_family = AF_INET6;
    place->sin6_port = port;
    target.size = sizeof *place;
    if (::inet_pton(AF_INET6, address.c_str(), &place->sin6_addr) != 1) die("not a target: " + text);
  } else {
    auto* place = reinterpret_cast<sockaddr_in*>(&target.address);
    place->sin_family = AF_INET;
    place->sin_port = port;
    target.size = sizeof *place;
    if (::inet_pton(AF_INET, address.c_str(), &place->sin_addr) != 1) die("not a target: " + text);
  }
  return target;
}

int open_socket(const Target& target) {
  const int type = target.udp ? SOCK_DGRAM : SOCK_STREAM;
  const int fd = ::socket(target.address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  return fd;
}

const sockaddr* plain(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::string name_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  else
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  return text;
}

void answer_stream(int listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int client = ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
  if (client < 0) return;
  const std::string name = name_of(peer);
  static_cast<void>(::send(client, name.data(), name.size(), MSG_NOSIGNAL));
  ::close(client);
}

void answer_datagram(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  char question[16];
  if (::recvfrom(socket, question, sizeof question, 0, reinterpret_cast<sockaddr*>(&peer), &size) < 0) return;
  const std::string name = name_of(peer);
  static_cast<void>(::sendto(socket, name.data(), name.size(), 0, plain(peer), size));
}

int serve(const std::vector<Target>& targets) {
  std::vector<pollfd> sockets;
  for (const Target& target : targets) {
    const int fd = open_socket(target);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (target.address.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(fd, plain(target.address), target.size) != 0) die("bind " + target.text);
    if (!target.udp && ::listen(fd, SOMAXCONN) != 0) die("listen " + target.text);
    sockets.push_back({fd, POLLIN, 0});
  }
  for (;;) {
    if (::poll(sockets.data(), sockets.size(), -1) < 0) die("poll");
    for (size_t index = 0; index < sockets.size(); ++index) {
      if (sockets[index].revents == 0) continue;
      if (targets[index].udp) {
        answer_datagram(sockets[index].fd);
      } else {
        answer_stream(sockets[index].fd);
      }
    }
  }
}

// Nothing when no answer has come; poll has told that there is something to read, or an error.
std::string read_answer(int fd) {
  char text[64];
  const ssize_t size = ::recv(fd, text, sizeof text, 0);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

int visit(const std::vector<Target>& targets) {
  std::vector<pollfd> sockets;
  std::vector<std::string> answers(targets.size());
  size_t waiting = 0;
  for (const Target& target : targets) {
    int fd = open_socket(target);
    const int connected = ::connect(fd, plain(target.address), target.size);
    const bool failed = connected != 0 && errno != EINPROGRESS;
    if (failed || (target.udp && ::send(fd, "?", 1, MSG_NOSIGNAL) != 1)) {
      ::close(fd);
      fd = -1;  // poll(2) passes it over
    } else {
      ++waiting;
    }
    sockets.push_back({fd, POLLIN, 0});
  }
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (waiting > 0) {
    const auto left = end - std::chrono::steady_clock::now();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    if (milliseconds <= 0) break;
    ::poll(sockets.data(), sockets.size(), static_cast<int>(milliseconds));
    for (size_t index = 0; index < sockets.size(); ++index) {
      pollfd& socket = sockets[index];
      if (socket.fd < 0 || socket.revents == 0) continue;
      answers[index] = read_answer(socket.fd);
      ::close(socket.fd);
      socket.fd = -1;
      --waiting;
    }
  }
  for (size_t index = 0; index < targets.size(); ++index) {
    std::printf("%s %s\n", targets[index].text.c_str(),
                answers[index].empty() ? "no" : answers[index].c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Target> targets;
  for (int index = 2; index < argc; ++index) targets.push_back(parse(argv[index]));
  const std::string verb = argc > 1 ? argv[1] : "";
  ::signal(SIGPIPE, SIG_IGN);
  if (verb == "serve") return serve(targets);
  if (verb == "visit") return visit(targets);
  std::fprintf(stderr, "network_probe serve|visit TARGET...\n");
  return 2;
}
