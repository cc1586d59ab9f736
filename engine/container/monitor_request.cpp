#include "engine/container/monitor_request.h"

#include <cerrno>

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

bool send_request(int socket, const MonitorRequest& request, const std::vector<int>& descriptors) {
  if (send_message(socket, json_fields::write(request, json_fields::BadBytes::kReplace), descriptors))
    return true;
  if (errno == EPIPE || errno == ECONNRESET) return false;
  sys::fail("sendmsg", "compose-monitor");
}

std::optional<ReceivedRequest> receive_request(int socket) {
  std::optional<FullMessage> message = receive_full_message(socket);
  if (!message) return std::nullopt;
  ReceivedRequest received;
  received.request = json_fields::read<MonitorRequest>(message->text, "a request for a monitor");
  received.descriptors = std::move(message->fds);
  if (received.request.numbers.size() != received.descriptors.size())
    throw Error(Error::Kind::kInvalid, "a request for a monitor came without its descriptors");
  return received;
}

}  // namespace engine
