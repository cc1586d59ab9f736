#pragma once
// The things compose-monitor does; see main.cpp. Each returns the program's exit code. All take their
// work from inherited descriptors (engine/container/run_files.h) and answer on kReportFd with JSON messages:
//   {"ok":true,"pid":1,"start_time":2}            the program was exec'ed
//   {"ok":false,"message":"...","exit_code":127}  it was not
//   {"exit":3}                                    step, exec and attached container: it ended
#include <optional>
#include <string>
#include <vector>

#include "netmgr/dns.h"

namespace monitor {

// Of a container's keeper.
struct KeeperJob {
  std::string run_dir;
  std::string programs;  // the folder of compose-monitor and compose-init
  int held =
      0;  // how many descriptors from kHeldFds on it keeps open until the container's end, its host ports
  // Its process is in a session and in groups that are not the caller's, and nobody reaps it;
  bool apart = false;
  // but the groups of v1 it is to join when its program runs, which has groups of its own.
  bool joins_late = false;
  std::optional<netmgr::DnsSockets> names = std::nullopt;  // what was made for it before it was asked for
};
int monitor_container(KeeperJob job);
// With the streams of kOutputFd, kErrorFd and kInputFd; a terminal's master goes back with the report.
int monitor_attached(KeeperJob job);
int adopt_container(KeeperJob job);
// A process of its own session whose parent has ended, so that nobody need reap it, and out of the caller's
// groups: what ends or limits those, as the end of a login session does, is not meant for containers. Only
// the child returns. Throws sys::Error.
void leave_caller(const std::string& monitors_cgroup);

int run_step(const std::string& programs);
// `piped`: with the streams of kOutputFd, kErrorFd and kInputFd, and the read ends from kHeldFds on.
int run_exec(bool piped);
// Mounts what a container that is down would see, for its caller alone; the root goes with the report.
int show_root();

// What a process that serves is to become.
struct Asked {
  std::vector<std::string> words;                          // as this program's arguments would be
  bool joins_late = false;                                 // KeeperJob
  std::optional<netmgr::DnsSockets> names = std::nullopt;  // above all other descriptors
};
// Makes monitors as they are asked for on kReportFd (engine/container/monitor_server.h); `use`: kServesMany
// and so on. In each it returns, a process of its own with its descriptors in their places, and no others
// between. Nothing: there is no more to do.
std::optional<Asked> serve(const std::string& monitors_cgroup, const std::string& use);

}  // namespace monitor
