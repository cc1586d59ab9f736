// compose-lb: the load balancer as a program. `compose-lb FILE` serves what the file says (config.h), which
// is read again when it changes or on SIGHUP; SIGTERM and SIGINT let the requests under way end, for ten
// seconds at most; TCP and WebSocket connections are cut.
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "netmgr/lb/balancer.h"
#include "sys/error.h"
#include "sys/file.h"

namespace {

using netmgr::lb::Balancer;

constexpr int kStopMs = 10'000;
constexpr int kTickMs = 1000;
constexpr int kBusyTickMs = 10;  // while somebody waits for servers to be left

void report(const std::string& text) {
  std::fprintf(stderr, "compose-lb: %s\n", text.c_str());
}

// The folder is watched, as the file is replaced by a rename. Where a user has no inotify left (128 by
// default for all of a user's processes), the file is looked at every second instead.
class FileWatch : public netmgr::lb::EventHandler {
 public:
  FileWatch(netmgr::lb::EventLoop& loop, const std::string& path) : path_(path) {
    const size_t slash = path.rfind('/');
    name_ = path.substr(slash == std::string::npos ? 0 : slash + 1);
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    fd_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd_) {
      report(std::string("no inotify is to be had (") + std::strerror(errno) +
             "); the configuration is looked at every second");
      return;
    }
    sys::check(::inotify_add_watch(fd_.get(), folder.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE),
               "inotify_add_watch", folder);
    loop.watch(fd_.get(), EPOLLIN, *this);
  }
  void on_events(uint32_t /*events*/) override {
    alignas(inotify_event) char bytes[4096];
    ssize_t size = 0;
    while ((size = ::read(fd_.get(), bytes, sizeof bytes)) > 0) {
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
        if ((event->mask & IN_Q_OVERFLOW) != 0 || (event->len > 0 && name_ == event->name)) changed_ = true;
        at += static_cast<ssize_t>(sizeof *event + event->len);
      }
    }
  }
  bool take_change() {
    if (!fd_) look();
    return std::exchange(changed_, false);
  }

 private:
  void look() {
    struct stat now {};
    if (::stat(path_.c_str(), &now) != 0) return;
    const auto seen = std::make_tuple(now.st_ino, now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_size);
    if (std::exchange(seen_, seen) != seen) changed_ = true;
  }

  std::string path_;
  std::tuple<ino_t, time_t, long, off_t> seen_{};
  // It may have been replaced between the first reading and watching.
  bool changed_ = true;
  std::string name_;
  sys::Fd fd_;
};

class Signals : public netmgr::lb::EventHandler {
 public:
  explicit Signals(netmgr::lb::EventLoop& loop) {
    const sigset_t set = wanted();
    fd_.reset(sys::check(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
    loop.watch(fd_.get(), EPOLLIN, *this);
  }
  // Before anything else: one that comes early waits, where PID 1 of a container would not be told of it.
  static void hold() {
    const sigset_t set = wanted();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
  }
  void on_events(uint32_t /*events*/) override {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == sizeof info)
      (info.ssi_signo == SIGHUP ? changed_ : stop_) = true;
  }
  bool take_reload() { return std::exchange(changed_, false); }
  bool stopped() const { return stop_; }

 private:
  static sigset_t wanted() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&set, signal);
    return set;
  }
  bool changed_ = false;
  bool stop_ = false;
  sys::Fd fd_;
};

// Tells whoever wrote the configuration what has become of it.
class Notifier {
 public:
  explicit Notifier(const Balancer& balancer) : balancer_(balancer) {}
  void applied(const netmgr::lb::Config& config) {
    path_ = config.notify;
    generation_ = config.generation;
    due_ = !path_.empty();
    for (const std::string& note : config.notes)
      if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) report("warning: " + note);
    notes_ = config.notes;
    tell();
  }
  // There will be something to tell soon.
  bool waits() const { return due_ || !busy_.empty(); }
  void tell() {
    if (!waits()) return;
    std::set<std::string> busy = balancer_.busy_leavers();
    if (!due_ && busy == busy_) return;
    busy_ = std::move(busy);
    due_ = !send();
  }

 private:
  // False: it may go later.
  bool send() const {
    const sys::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const std::string text = nlohmann::json({{"applied", generation_}, {"busy", busy_}}).dump();
    return ::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0 ||
           errno != EAGAIN;
  }

  const Balancer& balancer_;
  std::string path_;
  uint64_t generation_ = 0;
  bool due_ = false;
  std::set<std::string> busy_;  // as was told last
  std::vector<std::string> notes_;
};

// `text` is what was applied last. When `asked`, the same is applied again, as files it names may be others.
void reload(Balancer& balancer, Notifier& notifier, const std::string& path, std::string& text, bool asked) {
  try {
    std::string now = sys::read_file(path);
    if (now == text && !asked) return;
    const netmgr::lb::Config config = netmgr::lb::parse_config(now);
    balancer.apply(config);
    text = std::move(now);
    report("the configuration was read again");
    notifier.applied(config);
  } catch (const std::exception& error) {
    report(path + ": " + error.what() + "; going on with the configuration as it was");
  }
}

int serve(const std::string& path) {
  std::string text = sys::read_file(path);
  const netmgr::lb::Config config = netmgr::lb::parse_config(text);
  Balancer balancer(config, report);
  Notifier notifier(balancer);
  notifier.applied(config);
  netmgr::lb::EventLoop& loop = balancer.loop();
  FileWatch* file = loop.adopt(std::make_unique<FileWatch>(loop, path));
  Signals* signals = loop.adopt(std::make_unique<Signals>(loop));
  while (!signals->stopped()) {
    const bool asked = signals->take_reload();
    if (file->take_change() || asked) reload(balancer, notifier, path, text, asked);
    balancer.run_once(notifier.waits() ? kBusyTickMs : kTickMs);
    notifier.tell();
  }
  balancer.stop();
  const uint64_t end = balancer.loop().now() + kStopMs;
  while (balancer.ending() > 0 && balancer.loop().now() < end) balancer.run_once(kTickMs / 10);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    report("usage: compose-lb FILE, where FILE is the configuration (JSON)");
    return 2;
  }
  Signals::hold();
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  try {
    return serve(argv[1]);
  } catch (const std::exception& error) {
    report(std::string(argv[1]) + ": " + error.what());
    return 1;
  }
}
