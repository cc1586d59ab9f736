#pragma once
// What compose asks of `compose-monitor serve` (monitor_server.h): a message with descriptors.
#include <optional>
#include <string>
#include <vector>

#include "engine/container/message.h"

namespace engine {

struct MonitorRequest {
  std::vector<std::string> arguments;  // of compose-monitor, without its name
  std::string log;                     // file its own errors are appended to; empty: /dev/null
  std::vector<int> numbers;            // what the descriptors that come along are to be, in their order
};

// False when the other side has gone. Throws sys::Error.
bool send_request(int socket, const MonitorRequest& request, const std::vector<int>& descriptors);

struct ReceivedRequest {
  MonitorRequest request;
  std::vector<sys::Fd> descriptors;
};
// Waits for the next; nothing when the other side has closed. Throws sys::Error, engine::Error(kInvalid).
std::optional<ReceivedRequest> receive_request(int socket);

}  // namespace engine
