#include "engine/container/monitor_server.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/container/monitor_request.h"
#include "engine/container/run_files.h"
#include "engine/error.h"

namespace engine {

namespace {

const char* word_of(MonitorServer::Use use) {
  if (use == MonitorServer::Use::kMany) return kServesMany;
  return use == MonitorServer::Use::kOne ? kServesOne : kServesExec;
}

}  // namespace

MonitorServer::~MonitorServer() {
  await_warm_up();
  // One from which the caller has detached goes on.
  if (child_ > 0) ::waitpid(child_, nullptr, WNOHANG);
}

void MonitorServer::begin(Use use) {
  MonitorSpawn spawn;
  // The spaces are room for what its monitors put in their place, for `ps` to show.
  spawn.arguments = {"serve", cgroup_, word_of(use), std::string(256, ' ')};
  MonitorProcess process = spawn_monitor(spawn);
  if (use == Use::kExec) {
    child_ = process.pid;
  } else {
    reap(process.pid);  // it forks at once and goes on in the child
  }
  use_ = use;
  socket_ = std::move(process.report);
}

void MonitorServer::await_warm_up() noexcept {
  if (starter_.joinable()) starter_.join();
}

void MonitorServer::let_go() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  await_warm_up();
  if (socket_) ::shutdown(socket_.get(), SHUT_WR);
}

void MonitorServer::end() noexcept {
  let_go();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!socket_) return;
  constexpr int kMostMs = 1000;
  pollfd other_end{socket_.get(), POLLIN, 0};  // which is closed when it ends
  ::poll(&other_end, 1, kMostMs);
  socket_.reset();
}

void MonitorServer::warm_up(Use use) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (starter_.joinable() || socket_) return;
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the caller's signals are none of the thread's
  try {
    starter_ = std::thread([this, use] {
      try {
        begin(use);
      } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the start that follows tries again,
                                         // and tells
      }
    });
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): it begins with the first start, then
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool MonitorServer::ask(const MonitorSpawn& spawn, int report) {
  const std::lock_guard<std::mutex> lock(mutex_);
  await_warm_up();
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
    is_sent = send_request(socket_.get(), request, descriptors);
  }
  if (use_ != Use::kMany) socket_.reset();  // it takes no more
  return is_sent;
}

sys::Fd MonitorServer::start(const MonitorSpawn& spawn) {
  if (spawn.held.size() + kHeldFds > kMostDescriptors) {
    MonitorProcess process = spawn_monitor(spawn);
    reap(process.pid);
    return std::move(process.report);
  }
  SocketPair report = message_sockets();
  if (!ask(spawn, report.theirs.get()))
    throw Error(Error::Kind::kInternal, "compose-monitor ended as soon as it was started");
  return std::move(report.ours);
}

}  // namespace engine
