#include "engine/container/monitor_request.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "engine/container/json_fields.h"
#include "sys/error.h"

namespace engine {

template <typename A, typename T>
requires std::is_same_v<std::remove_const_t<T>, MonitorRequest>
void describe(A& archive, T& request) {
  archive("arguments", request.arguments);
  archive("log", request.log);
  archive("numbers", request.numbers);
}

namespace {

// Room for the descriptors of one message.
using Control = std::vector<char>;
Control control_for(size_t descriptors) {
  return Control(CMSG_SPACE(descriptors * sizeof(int)));
}

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

bool send_request(int socket, const MonitorRequest& request, const std::vector<int>& descriptors) {
  std::string text = json_fields::write(request, json_fields::BadBytes::kReplace);
  iovec part{text.data(), text.size()};
  Control control = control_for(descriptors.size());
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
  sys::check(sent, "sendmsg", "compose-monitor");
  return true;
}

std::optional<ReceivedRequest> receive_request(int socket) {
  ssize_t size = 0;
  do {  // a first look at the length, so that no message is ever cut
    size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size == 0 || (size < 0 && errno == ECONNRESET)) return std::nullopt;
  sys::check(size, "recv");
  std::string text(static_cast<size_t>(size), '\0');
  iovec part{text.data(), text.size()};
  Control control = control_for(kMostDescriptors);
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  sys::check(size, "recvmsg");
  ReceivedRequest received;
  received.descriptors = descriptors_of(header);
  received.request = json_fields::read<MonitorRequest>(text, "a request for a monitor");
  if (received.request.numbers.size() != received.descriptors.size())
    throw Error(Error::Kind::kInvalid, "a request for a monitor came without its descriptors");
  return received;
}

}  // namespace engine
