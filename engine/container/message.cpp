#include "engine/container/message.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "sys/error.h"

namespace engine {

SocketPair message_sockets() {
  int ends[2];
  sys::check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {sys::Fd(ends[0]), sys::Fd(ends[1])};
}

namespace {

// Room for the descriptors of one message.
struct Control {
  alignas(cmsghdr) char bytes[CMSG_SPACE(kMostDescriptors * sizeof(int))];
};

std::vector<sys::Fd> descriptors_of(msghdr& header) {
  std::vector<sys::Fd> found;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    std::vector<int> numbers((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(numbers.data(), CMSG_DATA(part), numbers.size() * sizeof(int));
    for (const int number : numbers) found.emplace_back(number);
  }
  return found;
}

}  // namespace

bool send_message(int socket, const std::string& text, int fd) noexcept {
  return send_message(socket, text, std::span<const int>(&fd, fd >= 0 ? 1 : 0));
}

bool send_message(int socket, const std::string& text, std::span<const int> fds) noexcept {
  iovec part{const_cast<char*>(text.data()), text.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    if (fds.size() > kMostDescriptors) {
      errno = E2BIG;
      return false;
    }
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  ssize_t n = 0;
  do {
    n = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n >= 0;
}

std::optional<Message> receive_message(int socket) {
  std::optional<FullMessage> received = receive_full_message(socket);
  if (!received) return std::nullopt;
  Message message{std::move(received->text), {}};
  if (!received->fds.empty()) message.fd = std::move(received->fds.front());
  return message;
}

std::optional<FullMessage> receive_full_message(int socket) {
  FullMessage message;
  ssize_t size = 0;
  do {  // a first look at the length, so that no message is ever cut
    size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == ECONNRESET) return std::nullopt;
  if (sys::check(size, "recv") == 0) return std::nullopt;
  message.text.resize(static_cast<size_t>(size));
  iovec part{message.text.data(), message.text.size()};
  Control control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  sys::check(size, "recvmsg");
  message.fds = descriptors_of(header);
  return message;
}

}  // namespace engine
