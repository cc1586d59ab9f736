#include "netmgr/netlink.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "sys/error.h"

namespace netmgr {
namespace {

constexpr size_t kRequestSize = 4096;       // none of ours comes near
constexpr size_t kReceiveSize = 64 * 1024;  // a dump's message is at most 32 KiB
constexpr size_t kUsualRoom = 64 * 1024;    // for what is sent, less than any kernel gives a socket

// Negative errno of an acknowledgement, 0 for success.
int error_of(const nlmsghdr* header) {
  return static_cast<const nlmsgerr*>(nl::payload_of(header))->error;
}

sockaddr_nl kernel() {
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  return address;
}

}  // namespace

NetlinkRequest::NetlinkRequest(uint16_t type, uint16_t flags, std::string call, std::string object,
                               std::initializer_list<int> tolerated)
    : buffer_(std::make_unique_for_overwrite<char[]>(kRequestSize)),
      header_(nl::begin(buffer_.get())),
      call_(std::move(call)),
      object_(std::move(object)),
      tolerated_(tolerated) {
  header_->nlmsg_type = type;
  header_->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
}

NetlinkSocket::NetlinkSocket(int bus)
    : socket_(sys::check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, bus), "socket", "netlink")),
      buffer_(std::make_unique_for_overwrite<char[]>(kReceiveSize)) {
  const sockaddr_nl own = kernel();  // its number is the kernel's to choose
  sys::check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), "bind", "netlink");
}

void NetlinkSocket::send(const void* message, size_t size) {
  const sockaddr_nl to = kernel();
  sys::check(::sendto(socket_.get(), message, size, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
             "send", "netlink");
}

ssize_t NetlinkSocket::receive() {
  while (true) {
    const ssize_t size = ::recv(socket_.get(), buffer_.get(), kReceiveSize, MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    if (size > static_cast<ssize_t>(kReceiveSize)) throw sys::Error(EMSGSIZE, "recv", "netlink");
    return sys::check(size, "recv", "netlink");
  }
}

void NetlinkSocket::run(std::vector<NetlinkRequest> requests, const Reply& reply) {
  const unsigned first = sequence_;
  std::vector<iovec> parts;
  for (NetlinkRequest& request : requests) {
    request.header_->nlmsg_flags |= NLM_F_ACK;
    request.header_->nlmsg_seq = sequence_++;
    parts.push_back({request.header_, request.header_->nlmsg_len});
  }
  msghdr message{};
  sockaddr_nl to = kernel();
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  sys::check(::sendmsg(socket_.get(), &message, 0), "send", "netlink");

  const NetlinkRequest* failed = nullptr;
  int failure = 0;
  for (size_t pending = requests.size(); pending > 0;) {
    auto left = static_cast<size_t>(receive());
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.get()); nl::fits(header, left);
         header = nl::next(header, left)) {
      const unsigned index = header->nlmsg_seq - first;
      if (index >= requests.size()) continue;
      if (header->nlmsg_type != NLMSG_ERROR) {
        if (reply) reply(header);
        continue;
      }
      --pending;
      const int error = -error_of(header);
      const NetlinkRequest& request = requests[index];
      const bool tolerated =
          std::find(request.tolerated_.begin(), request.tolerated_.end(), error) != request.tolerated_.end();
      if (error != 0 && !tolerated && failed == nullptr) {
        failed = &request;
        failure = error;
      }
    }
  }
  if (failed != nullptr) throw sys::Error(failure, failed->call_, failed->object_);
}

// The kernel works through a batch before sendmsg returns, so all that it has to say is there by then.
int NetlinkSocket::run_batch(std::vector<char>& messages) {
  auto left = static_cast<size_t>(messages.size());
  for (auto* header = reinterpret_cast<nlmsghdr*>(messages.data()); nl::fits(header, left);
       header = nl::next(header, left))
    header->nlmsg_seq = sequence_++;
  const int fd = socket_.get();
  if (messages.size() > kUsualRoom) {
    const auto room = static_cast<int>(std::min<size_t>(messages.size() + kUsualRoom, INT_MAX / 2));
    sys::check(::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room), "setsockopt", "SO_SNDBUF");
  }
  send(messages.data(), messages.size());
  int first = 0;
  for (;;) {
    const ssize_t size = ::recv(fd, buffer_.get(), kReceiveSize, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return first;
    if (size < 0 && errno == ENOBUFS) continue;  // more errors than have room; the first of them are there
    auto rest = static_cast<size_t>(sys::check(size, "recv", "netlink"));
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.get()); nl::fits(header, rest);
         header = nl::next(header, rest))
      if (header->nlmsg_type == NLMSG_ERROR && first == 0) first = -error_of(header);
  }
}

bool NetlinkSocket::receive_dump(const NetlinkRequest& request, unsigned sequence, const Reply& reply,
                                 bool& interrupted) {
  auto left = static_cast<size_t>(receive());
  for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.get()); nl::fits(header, left);
       header = nl::next(header, left)) {
    if (header->nlmsg_seq != sequence) continue;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
    if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
      const int error = -error_of(header);  // NLMSG_DONE carries an errno in the same place
      if (error > 0) throw sys::Error(error, request.call_, request.object_);
      return false;
    }
    reply(header);
  }
  return true;
}

void NetlinkSocket::dump(NetlinkRequest request, const Reply& reply) {
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const unsigned sequence = sequence_++;
    request.header_->nlmsg_flags |= NLM_F_DUMP;
    request.header_->nlmsg_seq = sequence;
    send(request.header_, request.header_->nlmsg_len);
    bool interrupted = false;
    while (receive_dump(request, sequence, reply, interrupted)) {
    }
    if (!interrupted) return;
  }
  throw sys::Error(EAGAIN, request.call_, request.object_);
}

}  // namespace netmgr
