#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/container/monitor_request.h"
#include "engine/container/run_files.h"
#include "engine/monitor/jobs.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/prefault.h"

namespace monitor {

namespace {

constexpr int kIdleMs = 2000;

using engine::ReceivedRequest;

// The next, or none once the caller has ended or has asked for nothing for some time.
std::optional<ReceivedRequest> next_request(const sys::Fd& requests) {
  pollfd caller{requests.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&caller, 1, kIdleMs);
  } while (ready < 0 && errno == EINTR);
  // From here on the caller cannot ask any more, and what it has asked meanwhile is still done.
  if (ready == 0) ::shutdown(requests.get(), SHUT_RD);
  return engine::receive_request(requests.get());
}

// On a processor that waits anyway. Where there is none to be had, whoever wants it tries, and tells.
sys::Fd offer_namespace(const sys::Fd& requests) {
  sys::Fd made;
  try {
    made = netmgr::new_namespace();
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): as above
  }
  engine::send_message(requests.get(), "network namespace", made.get());
  return made;
}

// The same goes for the sockets in it.
std::optional<netmgr::DnsSockets> offer_sockets(const sys::Fd& requests) {
  const sys::Fd netns = offer_namespace(requests);
  try {
    if (netns) return netmgr::DnsSockets(netns);
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): as above
  }
  return std::nullopt;
}

// As they come they have any numbers: above all that are wanted first, or one could be overwritten before its
// turn.
std::vector<sys::Fd> moved_up(std::vector<sys::Fd> descriptors, int first_free) {
  std::vector<sys::Fd> moved;
  moved.reserve(descriptors.size());
  for (const sys::Fd& descriptor : descriptors)
    moved.emplace_back(
        sys::check(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, first_free), "fcntl", "F_DUPFD_CLOEXEC"));
  return moved;
}

// The descriptors get the numbers that they are to have; of a keeper's those that did not come are /dev/null.
void place(ReceivedRequest received, std::optional<netmgr::DnsSockets>& names) {
  const std::vector<int>& numbers = received.request.numbers;
  int first_free = engine::kHeldFds;
  for (const int number : numbers) first_free = std::max(first_free, number + 1);
  received.descriptors.push_back(sys::open("/dev/null", O_RDWR));
  if (names) names->renumber(first_free);
  const std::vector<sys::Fd> given = moved_up(std::move(received.descriptors), first_free);
  ::syscall(SYS_close_range, 3U, static_cast<unsigned>(first_free) - 1, 0U);
  for (int number = engine::kReportFd; number <= engine::kInputFd; ++number)
    sys::check(::dup2(given.back().get(), number), "dup2");
  for (size_t i = 0; i < numbers.size(); ++i) sys::check(::dup2(given[i].get(), numbers[i]), "dup2");
}

void log_to(const std::string& path) {
  const sys::Fd log = sys::open(path.empty() ? "/dev/null" : path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  sys::check(::dup2(log.get(), STDERR_FILENO), "dup2");
}

// In the monitor's process.
void begin_apart(ReceivedRequest received, std::optional<netmgr::DnsSockets>& names) {
  ::signal(SIGCHLD, SIG_DFL);
  ::setsid();
  log_to(received.request.log);
  place(std::move(received), names);
}

}  // namespace

std::optional<Asked> serve(const std::string& monitors_cgroup, const std::string& use) {
  sys::Fd requests(engine::kReportFd);
  if (use == engine::kServesMany) leave_caller(monitors_cgroup);
  const bool with_names = use == engine::kServesOneWithNames;
  const bool for_start = with_names || use == engine::kServesOne;
  if (for_start) sys::check(::chdir("/"), "chdir", "/");
  ::signal(SIGCHLD, SIG_IGN);  // nobody waits for monitors
  // While there is nothing to do yet.
  std::optional<netmgr::DnsSockets> names = with_names ? offer_sockets(requests) : std::nullopt;
  if (for_start && !with_names) offer_namespace(requests);
  // One that forks would have the pages copied.
  if (use != engine::kServesMany) sys::prefault(64 << 10, 40 << 10);
  while (auto received = next_request(requests)) {
    // Where there is no process to be had, who asked hears that nobody has the report's other end any more.
    if (use == engine::kServesMany && ::fork() != 0) continue;
    requests.reset();
    std::vector<std::string> words = received->request.arguments;
    begin_apart(std::move(*received), names);
    return Asked{std::move(words), for_start, std::move(names)};
  }
  return std::nullopt;
}

}  // namespace monitor
