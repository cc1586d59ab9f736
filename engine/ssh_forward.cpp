#include "engine/ssh_forward.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "engine/error.h"
#include "sys/error.h"
#include "sys/spawn.h"

extern char** environ;

namespace engine {
namespace {

constexpr size_t kLongest = 256 * 1024;  // of a message, as ssh-agent has it
constexpr unsigned char kListIdentities = 11, kSign = 13;
constexpr std::string_view kFailure("\0\0\0\1\5", 5);
constexpr int kStartMs = 5000, kTickMs = 10;

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// A socket's name is 107 bytes at most: the folder goes in by its descriptor.
sockaddr_un address_of(int folder, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/" + name;
  if (path.size() >= sizeof address.sun_path) throw sys::Error(ENAMETOOLONG, "bind", name);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

sys::Fd connect_to(const std::string& path) {
  const size_t slash = path.rfind('/');
  const sys::Fd folder = sys::open(path.substr(0, slash + 1), O_PATH | O_DIRECTORY);
  const sockaddr_un address = address_of(folder.get(), path.substr(slash + 1));
  sys::Fd fd(sys::check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sys::check(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect",
             path);
  return fd;
}

uint32_t length_of(const std::string& head) {
  uint32_t length = 0;
  for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(head[i]);
  return length;
}

bool send_bytes(int fd, std::string_view bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

// Between fork and exec: nothing that allocates. Never returns.
[[noreturn]] void become_program(char* const* argv, char* const* env, int in, int out, int report) {
  // Not posix_spawn, which cannot ask for this: the agent must not outlive us, however we end.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvpe(argv[0], argv, env);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

// Starts a program by name; it ends with the calling thread.
pid_t spawn(const std::vector<std::string>& words, const std::vector<std::string>& extra_env, int in,
            int out) {
  std::vector<char*> argv, env;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "SSH_", 4) != 0) env.push_back(*entry);
  }
  for (const std::string& entry : extra_env) env.push_back(const_cast<char*>(entry.c_str()));
  env.push_back(nullptr);
  sys::Pipe report = sys::pipe();
  const pid_t pid = sys::check(::fork(), "fork", words[0]);
  if (pid == 0) become_program(argv.data(), env.data(), in, out, report.write.get());
  report.write.reset();
  int error = 0;
  if (::read(report.read.get(), &error, sizeof error) != sizeof error) return pid;
  sys::wait_for(pid);
  if (error != ENOENT) throw sys::Error(error, "exec", words[0]);
  throw Error(Error::Kind::kUnavailable, "ssh keys from files need the program " + words[0] +
                                             ", which is not installed (package openssh-client); or give the "
                                             "socket of a running agent");
}

}  // namespace

KeyAgent::KeyAgent(const std::string& folder, const std::vector<std::string>& key_files)
    : socket_(folder + "/agent") {
  const sys::Fd null = sys::open("/dev/null", O_RDWR);
  pid_ = spawn({"ssh-agent", "-D", "-a", socket_}, {}, null.get(), null.get());
  try {
    for (int waited = 0; !is_socket(socket_); waited += kTickMs) {
      if (waited >= kStartMs || ::waitpid(pid_, nullptr, WNOHANG) == pid_)
        throw Error(Error::Kind::kUnavailable, "ssh-agent did not start");
      ::poll(nullptr, 0, kTickMs);
    }
    for (const std::string& file : key_files) {
      // By standard input: ssh-add judges the mode of a file it opens itself.
      const sys::Fd key = sys::open(file, O_RDONLY);
      const sys::Fd said(sys::check(::memfd_create("ssh-add", MFD_CLOEXEC), "memfd_create"));
      const pid_t pid =
          spawn({"ssh-add", "-q", "-"}, {"SSH_AUTH_SOCK=" + socket_, "SSH_ASKPASS_REQUIRE=never"}, key.get(),
                said.get());
      if (sys::wait_for(pid) == 0) continue;
      ::lseek(said.get(), 0, SEEK_SET);
      std::string why = sys::read_all(said.get());
      while (!why.empty() && why.back() == '\n') why.pop_back();
      throw Error(Error::Kind::kInvalid, "the ssh key " + file +
                                             " cannot be used (one with a passphrase needs "
                                             "a running agent): " +
                                             why);
    }
  } catch (...) {
    ::kill(pid_, SIGTERM);
    sys::wait_for(pid_);
    throw;
  }
}

KeyAgent::~KeyAgent() {
  ::kill(pid_, SIGTERM);
  sys::wait_for(pid_);
}

SshForward::SshForward(const Place& place, const std::vector<std::string>& agents) {
  if (agents.size() == 1 && is_socket(agents[0])) {
    agent_ = agents[0];
  } else {
    keys_ = std::make_unique<KeyAgent>(place.folder, agents);
    agent_ = keys_->socket();
  }
  const sys::Fd folder = sys::open(place.folder, O_PATH | O_DIRECTORY);
  const sockaddr_un address = address_of(folder.get(), place.name);
  listener_.reset(sys::check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const std::string path = place.folder + "/" + place.name;
  sys::check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind",
             path);
  sys::check(::chmod(path.c_str(), place.mode), "chmod", path);
  sys::check(::chown(path.c_str(), place.uid, place.gid), "chown", path);
  sys::check(::listen(listener_.get(), 16), "listen", path);
  stop_.reset(sys::check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
  acceptor_ = std::jthread([this] { accept_all(); });
}

SshForward::~SshForward() {
  ::eventfd_write(stop_.get(), 1);
  acceptor_ = {};
  connections_.clear();
}

bool SshForward::wait_readable(int fd) {
  pollfd fds[2] = {{fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0) {
    if (errno != EINTR) return false;
  }
  return fds[1].revents == 0;
}

void SshForward::accept_all() {
  while (wait_readable(listener_.get())) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    connections_.emplace_back([this, client = sys::Fd(fd)] { serve(client); });
  }
}

void SshForward::serve(const sys::Fd& client) {
  try {
    const sys::Fd agent = connect_to(agent_);
    while (pass_one(client.get(), agent.get())) {
    }
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): the client sees its connection end
  }
}

bool SshForward::read_message(int fd, std::string& message) {
  message.clear();
  size_t wanted = 4;
  while (message.size() < wanted) {
    char buffer[16384];
    if (!wait_readable(fd)) return false;
    const ssize_t n = ::read(fd, buffer, std::min(sizeof buffer, wanted - message.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    message.append(buffer, static_cast<size_t>(n));
    if (message.size() == 4 && wanted == 4) wanted += length_of(message);
    if (wanted > kLongest || wanted == 4) return false;
  }
  return true;
}

// A request and its answer.
bool SshForward::pass_one(int client, int agent) {
  std::string message;
  if (!read_message(client, message)) return false;
  const auto type = static_cast<unsigned char>(message[4]);
  if (type != kListIdentities && type != kSign) return send_bytes(client, kFailure);
  if (!send_bytes(agent, message) || !read_message(agent, message)) return false;
  return send_bytes(client, message);
}

}  // namespace engine
