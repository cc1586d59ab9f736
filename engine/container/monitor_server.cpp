#include "engine/container/monitor_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <utility>

#include "engine/container/monitor_request.h"
#include "engine/container/run_files.h"
#include "engine/error.h"
#include "sys/error.h"

namespace engine {

namespace {

const char* word_of(MonitorServer::Use use) {
  switch (use) {
    case MonitorServer::Use::kMany:
      return kServesMany;
    case MonitorServer::Use::kOne:
      return kServesOne;
    case MonitorServer::Use::kOneWithNames:
      return kServesOneWithNames;
    case MonitorServer::Use::kExec:
      break;
  }
  return kServesExec;
}

}  // namespace

MonitorServer::~MonitorServer() {
  reap_ended();
}

// One that has become a monitor goes on, beyond the caller if need be.
void MonitorServer::reap_ended() noexcept {
  if (process_.pid() > 0 && ::waitpid(process_.pid(), nullptr, WNOHANG) != 0) process_ = {};
}

void MonitorServer::begin(Use use) {
  reap_ended();
  MonitorSpawn spawn;
  // The spaces are room for what its monitors put in their place, for `ps` to show.
  spawn.arguments = {"serve", cgroup_, word_of(use), std::string(256, ' ')};
  const bool for_start = use == Use::kOne || use == Use::kOneWithNames;
  if (for_start) spawn.cgroup = cgroup_;
  MonitorProcess server = begin_monitor(spawn);
  process_ = std::move(server.process);
  use_ = use;
  has_namespace_ = for_start;
  socket_ = std::move(server.report);
}

sys::Fd MonitorServer::take_namespace() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return receive_namespace();
}

sys::Fd MonitorServer::receive_namespace() {
  if (!socket_ || !std::exchange(has_namespace_, false)) return {};
  try {
    if (auto message = receive_message(socket_.get())) return std::move(message->fd);
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): it has ended, which who waits for it is told
  }
  return {};
}

void MonitorServer::let_go() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (socket_) ::shutdown(socket_.get(), SHUT_WR);
  reap_ended();
}

void MonitorServer::end() noexcept {
  let_go();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!socket_) return;
  constexpr int kMostMs = 1000;
  pollfd other_end{socket_.get(), 0, 0};  // which is closed when it ends
  ::poll(&other_end, 1, kMostMs);
  socket_.reset();
}

void MonitorServer::warm_up(Use use) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (socket_) return;
  try {
    begin(use);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the start that follows tries again, and
                                     // tells
  }
}

bool MonitorServer::ask(const MonitorSpawn& spawn, int report) {
  const std::lock_guard<std::mutex> lock(mutex_);
  MonitorRequest request{spawn.arguments, spawn.log, {}};
  const sys::Fd request_text = request_file(spawn);
  std::vector<int> descriptors;
  each_descriptor(spawn, report, request_text, [&](int descriptor, int number) {
    descriptors.push_back(descriptor);
    request.numbers.push_back(number);
  });
  bool is_sent = socket_ && send_request(socket_.get(), request, descriptors);
  if (!is_sent) {
    begin(Use::kMany);  // the one there was had nothing to do for some time
    process_.settle();
    is_sent = send_request(socket_.get(), request, descriptors);
  }
  if (use_ != Use::kMany) {
    receive_namespace();  // of a socket that is closed with something unread the other side loses what it has
    socket_.reset();      // it takes no more
  } else if (process_.pid() > 0) {
    sys::wait_for(process_.pid());  // it forks at once and goes on in the child
    process_ = {};
  }
  return is_sent;
}

sys::Fd MonitorServer::start(const MonitorSpawn& spawn) {
  if (spawn.held.size() + kHeldFds > kMostDescriptors) {
    MonitorProcess process = spawn_monitor(spawn);
    sys::wait_for(process.process.pid());
    return std::move(process.report);
  }
  SocketPair report = message_sockets();
  if (!ask(spawn, report.theirs.get()))
    throw Error(Error::Kind::kInternal, "compose-monitor ended as soon as it was started");
  return std::move(report.ours);
}

}  // namespace engine
