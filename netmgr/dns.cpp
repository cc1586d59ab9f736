#include "netmgr/dns.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>

#include "netmgr/dns_events.h"
#include "netmgr/dns_relay.h"
#include "netmgr/dns_resolver.h"
#include "netmgr/dns_sockets.h"
#include "netmgr/dns_tcp.h"
#include "sys/error.h"

namespace netmgr {

using namespace dns;

namespace {

constexpr const char* kName = "127.0.0.11:53";
constexpr int kDatagramsPerEvent = 64;  // so that one flood does not keep TCP and the monitor waiting

// What tells it from the others, as all of them are files of one file system. 0: none.
uint64_t number_of(const sys::Fd& netns) {
  struct stat status {};
  return netns && ::fstat(netns.get(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

struct DnsServer::Impl {
  ServerSockets sockets;
  sys::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  sys::Fd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  Upstreams upstreams;
  Resolver resolver;
  Relay relay;
  TcpService tcp;
  Milliseconds armed_for = 0;  // 0: the timer is off

  Impl(ServerSockets own, const sys::Fd& netns, DnsConfig config)
      : sockets(std::move(own)),
        upstreams(config.upstreams, config.ask_from_inside ? sys::dup(netns.get()) : sys::Fd()),
        resolver(std::move(config.directories), config.links),
        relay(upstreams, epoll.get(), sockets),
        tcp(resolver, upstreams, epoll.get(), sockets.listener().get()) {
    sys::check(epoll.get(), "epoll_create1", kName);
    sys::check(timer.get(), "timerfd_create", kName);
    add(sockets.udp(), Source::kUdp);
    add(sockets.listener(), Source::kListener);
    add(timer, Source::kTimer);
  }

  void add(const sys::Fd& fd, Source source) const {
    if (!watch(epoll.get(), EPOLL_CTL_ADD, fd.get(), EPOLLIN, {source})) sys::fail("epoll_ctl", kName);
  }

  void dispatch(const epoll_event& event) {
    const Tag tag = Tag::unpack(event.data.u64);
    switch (tag.source) {
      case Source::kUdp:
        serve_datagrams();
        break;
      case Source::kListener:
        tcp.accept_clients();
        break;
      case Source::kTimer:
        break;  // what is due is looked for after every round of events
      case Source::kRelay:
        relay.on_event(tag);
        break;
      case Source::kClient:
        tcp.on_client_event(tag, event.events);
        break;
      case Source::kExchange:
        tcp.on_exchange_event(tag, event.events);
        break;
    }
  }

  void serve_datagrams() {
    std::array<uint8_t, kMaxUdpSize> message;
    std::array<uint8_t, kMaxUdpSize> answer;
    for (int count = 0; count < kDatagramsPerEvent; ++count) {
      sockaddr_in client{};
      socklen_t length = sizeof client;
      auto* from = reinterpret_cast<sockaddr*>(&client);
      const ssize_t size = ::recvfrom(sockets.udp().get(), message.data(), message.size(), 0, from, &length);
      if (size < 0) return;
      const Bytes question = Bytes(message).first(static_cast<size_t>(size));
      size_t answer_size = 0;
      switch (resolver.resolve(question, Transport::kUdp, answer, answer_size)) {
        case Resolver::Outcome::kAnswered:
          sockets.send(Bytes(answer).first(answer_size), client);
          break;
        case Resolver::Outcome::kForward:
          relay.forward(question, client);
          break;
        case Resolver::Outcome::kDrop:
          break;
      }
    }
  }

  void arm_timer() {
    const Milliseconds present = now();
    const Milliseconds first = relay.expire(present);
    const Milliseconds second = tcp.expire(present);
    const Milliseconds next = first == 0 || (second != 0 && second < first) ? second : first;
    if (next == armed_for && (next == 0 || next > present)) return;
    itimerspec setting{};
    setting.it_value.tv_sec = next / 1000;
    setting.it_value.tv_nsec = next % 1000 * 1'000'000;
    ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &setting, nullptr);  // also takes back its readability
    armed_for = next;
  }
};

DnsSockets::DnsSockets(const sys::Fd& netns)
    : sockets_(std::make_unique<ServerSockets>(netns)), netns_(number_of(netns)) {}
DnsSockets::~DnsSockets() = default;
DnsSockets::DnsSockets(DnsSockets&&) noexcept = default;

bool DnsSockets::is_in(const sys::Fd& netns) const {
  return number_of(netns) == netns_;
}

void DnsSockets::renumber(int first) {
  sockets_->renumber(first);
}

DnsServer::DnsServer(const sys::Fd& netns, DnsConfig config)
    : impl_(std::make_unique<Impl>(ServerSockets(netns), netns, std::move(config))) {}
DnsServer::DnsServer(DnsSockets sockets, const sys::Fd& netns, DnsConfig config)
    : impl_(std::make_unique<Impl>(std::move(*sockets.sockets_), netns, std::move(config))) {}
DnsServer::~DnsServer() = default;

int DnsServer::poll_fd() const {
  return impl_->epoll.get();
}

void DnsServer::serve() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(impl_->epoll.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int index = 0; index < count; ++index) impl_->dispatch(events[static_cast<size_t>(index)]);
  impl_->arm_timer();
}

}  // namespace netmgr
