#pragma once
// Whole messages, perhaps with descriptors, over a SOCK_SEQPACKET unix socket: how a new process reports to
// the monitor and the monitor to its caller.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace engine {

struct Message {
  std::string text;
  sys::Fd fd;  // empty when none came along
};

struct SocketPair {
  sys::Fd ours, theirs;
};
SocketPair message_sockets();  // throws sys::Error

// What who is attached hears when it is let go (attached.h).
inline constexpr char kTooSlowMessage[] = R"({"too_slow":true})";

// What a container's monitor hears when who was attached has removed it already.
inline constexpr char kTidiedMessage[] = R"({"tidied":true})";

// What exec's monitor hears when nobody reads any more what the program writes.
inline constexpr char kHangUpMessage[] = R"({"hang_up":true})";

// As many descriptors as the kernel lets one message have: SCM_MAX_FD of its sources.
inline constexpr size_t kMostDescriptors = 253;

// False when the peer is gone or, on a non-blocking socket, full (errno EAGAIN). Never raises SIGPIPE.
bool send_message(int socket, const std::string& text, int fd = -1) noexcept;
bool send_message(int socket, const std::string& text, std::span<const int> fds) noexcept;

// Waits for the next message; nothing when the peer has closed. Throws sys::Error (EAGAIN when non-blocking).
// Of the descriptors that came along the first is kept.
std::optional<Message> receive_message(int socket);
// The same with all of them.
struct FullMessage {
  std::string text;
  std::vector<sys::Fd> fds;
};
std::optional<FullMessage> receive_full_message(int socket);

}  // namespace engine
