#pragma once
namespace engine {

constexpr int kExitUnknown = 255;

// Waits for the process behind a pidfd to end, reaps it when it is our child, and returns its exit code, 128
// + n for signal n. For a process that is not our child, as that of a dead monitor is not: what /proc tells
// until its parent has reaped it, what PIDFD_GET_INFO tells from then on (Linux 6.15), else kExitUnknown.
int take_exit_status(int pidfd);

}  // namespace engine
