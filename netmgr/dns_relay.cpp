#include "netmgr/dns_relay.h"

#include <array>
#include <cerrno>

#include "netmgr/dns_resolver.h"

namespace netmgr::dns {
namespace {

constexpr size_t kMaxPending = 256;
constexpr Milliseconds kAttempt = 2000;
constexpr Milliseconds kPatience = 4500;  // a C library asks again after 5 s

bool is_unhelpful(Bytes reply) {
  const Code code = code_of(reply);
  return code == Code::kServFail || code == Code::kRefused || code == Code::kNotImp;
}

void send_failure(const ServerSockets& sockets, Bytes message, const sockaddr_in& client) {
  std::array<uint8_t, kClassicUdpSize> buffer;
  sockets.send(Bytes(buffer).first(Resolver::write_failure(message, buffer)), client);
}

}  // namespace

Relay::Pending* Relay::free_slot() {
  for (Pending& pending : pending_) {
    if (!pending.fd) return &pending;
  }
  if (pending_.size() == kMaxPending) return nullptr;
  return &pending_.emplace_back();
}

Tag Relay::tag_of(const Pending& pending) const {
  return {Source::kRelay, pending.generation, static_cast<uint32_t>(&pending - pending_.data())};
}

void Relay::forward(Bytes message, const sockaddr_in& client) {
  Pending* pending = free_slot();
  if (pending == nullptr) return send_failure(sockets_, message, client);
  pending->query.assign(message.begin(), message.end());
  pending->refusal.clear();
  pending->client = client;
  pending->client_id = id_of(message);
  pending->tried = 0;
  pending->second_round = false;
  pending->started = now();
  attempt(*pending);
}

void Relay::attempt(Pending& pending) {
  pending.fd.reset();
  while (now() - pending.started < kPatience) {
    const std::optional<size_t> upstream = upstreams_.next(pending.tried);
    if (!upstream) {
      // Packets get lost: everyone is asked a second time, unless there was an answer.
      if (pending.second_round || !pending.refusal.empty()) break;
      pending.second_round = true;
      pending.tried = 0;
      if (!upstreams_.next(0)) break;
      continue;
    }
    pending.tried |= Upstreams::Tried{1} << *upstream;
    if (try_upstream(pending, *upstream)) return;
  }
  give_up(pending);
}

bool Relay::try_upstream(Pending& pending, size_t upstream) {
  pending.upstream = upstream;
  pending.generation = (pending.generation + 1) & 0xffffff;
  pending.deadline = now() + kAttempt;
  set_id(pending.query, random_id());
  pending.fd = upstreams_.connect(upstream, SOCK_DGRAM);
  const bool sent = pending.fd &&
                    ::send(pending.fd.get(), pending.query.data(), pending.query.size(), 0) >= 0 &&
                    watch(epoll_, EPOLL_CTL_ADD, pending.fd.get(), EPOLLIN, tag_of(pending));
  if (!sent) pending.fd.reset();
  return sent;
}

void Relay::on_event(const Tag& tag) {
  if (tag.index >= pending_.size()) return;
  Pending& pending = pending_[tag.index];
  if (!pending.fd || pending.generation != tag.generation) return;
  std::array<uint8_t, kMaxUdpSize> buffer;
  const ssize_t size = ::recv(pending.fd.get(), buffer.data(), buffer.size(), 0);
  if (size >= 0) return take_reply(pending, std::span(buffer).first(static_cast<size_t>(size)));
  if (errno == EAGAIN || errno == EINTR) return;
  upstreams_.mark_silent(pending.upstream);  // nobody listens there (ICMP)
  attempt(pending);
}

void Relay::take_reply(Pending& pending, std::span<uint8_t> message) {
  if (!answers(message, pending.query)) return;
  upstreams_.mark_answering(pending.upstream);
  if (is_unhelpful(message)) {
    pending.refusal.assign(message.begin(), message.end());
    return attempt(pending);
  }
  reply(pending, message);
}

void Relay::give_up(Pending& pending) {
  if (!pending.refusal.empty()) return reply(pending, pending.refusal);
  set_id(pending.query, pending.client_id);
  send_failure(sockets_, pending.query, pending.client);
  pending.fd.reset();
}

void Relay::reply(Pending& pending, std::span<uint8_t> message) {
  set_id(message, pending.client_id);
  sockets_.send(message, pending.client);
  pending.fd.reset();
}

Milliseconds Relay::expire(Milliseconds present) {
  Milliseconds next = 0;
  for (Pending& pending : pending_) {
    if (pending.fd && pending.deadline <= present) {
      upstreams_.mark_silent(pending.upstream);
      attempt(pending);
    }
    if (pending.fd && (next == 0 || pending.deadline < next)) next = pending.deadline;
  }
  return next;
}

}  // namespace netmgr::dns
