#pragma once
// Who listens, as /proc/PID/net/{tcp,tcp6,udp,udp6} tell it (man 5 proc_pid_net).
#include <cstdint>
#include <string_view>

namespace netmgr {

struct Listening {
  bool anywhere = false;         // a socket takes what comes for the port
  bool beyond_loopback = false;  // and not only on 127.0.0.0/8 or ::1
};

// `table`: the text of one of these files; lines that make no sense are passed over. UDP sockets that are
// connected do not count.
Listening listening_in(std::string_view table, uint16_t port, bool udp);

}  // namespace netmgr
