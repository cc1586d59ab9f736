#include "netmgr/endpoint_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>

#include "netmgr/endpoint_file.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/unix_address.h"

namespace netmgr {
namespace {

constexpr const char* kSocket = "watch";
constexpr int kMostAtOnce = 256;
constexpr std::string_view kChanged = "changed", kLeaving = "leaving ", kMayGo = "go";

sys::Fd datagram_socket() {
  return sys::Fd(sys::check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
}

std::string watchers_of(const std::string& directory) {
  return directory + "/watchers";
}

struct Sent {
  size_t arrived = 0;
  bool all = true;  // false: somebody has more waiting than the kernel holds (net.unix.max_dgram_qlen)
};

// Sends to all who watch, but for those in `told`. One that has gone without unlinking is not there.
Sent send_to_watchers(const std::string& directory, int socket, std::string_view text,
                      std::set<std::string>* told = nullptr) {
  Sent sent;
  const sys::Fd folder(::open(watchers_of(directory).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return sent;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(::dup(folder.get())), ::closedir);
  while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
    if (!is_endpoint_file(entry->d_name)) continue;
    if (told != nullptr && told->contains(entry->d_name)) continue;
    const sockaddr_un address = sys::unix_address(folder, entry->d_name);
    const bool arrived = ::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0;
    if (arrived) ++sent.arrived;
    if (!arrived && errno == EAGAIN) {
      sent.all = false;
    } else if (told != nullptr) {
      told->insert(entry->d_name);
    }
  }
  return sent;
}

}  // namespace

EndpointWatch::EndpointWatch(std::string folder, const std::string& container_id)
    : folder_(std::move(folder)), name_(endpoint_file_name(container_id)), socket_(datagram_socket()) {
  sys::bind_unix(socket_, folder_, kSocket, 0600);
}

EndpointWatch::~EndpointWatch() {
  unlink_all();
  ::unlink((folder_ + '/' + kSocket).c_str());
}

std::string EndpointWatch::link_in(const std::string& directory) const {
  return watchers_of(directory) + '/' + name_;
}

void EndpointWatch::unlink_all() noexcept {
  for (const std::string& directory : directories_) ::unlink(link_in(directory).c_str());
}

void EndpointWatch::watch(const std::vector<std::string>& directories) {
  unlink_all();
  directories_ = directories;
  for (const std::string& directory : directories_) {
    sys::make_dirs(watchers_of(directory));
    const std::string link = link_in(directory);
    ::unlink(link.c_str());
    sys::check(::symlink((folder_ + '/' + kSocket).c_str(), link.c_str()), "symlink", link);
  }
}

std::vector<EndpointWatch::Leaver> EndpointWatch::receive() {
  std::vector<Leaver> leavers;
  std::array<char, 64> bytes{};
  for (int count = 0; count < kMostAtOnce; ++count) {
    Leaver leaver;
    leaver.size = sizeof leaver.address;
    const ssize_t size = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                    reinterpret_cast<sockaddr*>(&leaver.address), &leaver.size);
    if (size < 0) return leavers;
    const std::string_view text(bytes.data(), static_cast<size_t>(size));
    if (!text.starts_with(kLeaving)) continue;
    leaver.endpoint = text.substr(kLeaving.size());
    leavers.push_back(std::move(leaver));
  }
  return leavers;
}

void EndpointWatch::answer(const Leaver& leaver) const noexcept {
  ::sendto(socket_.get(), kMayGo.data(), kMayGo.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&leaver.address), leaver.size);
}

void tell_watchers(const std::string& directory) noexcept {
  if (::access(watchers_of(directory).c_str(), F_OK) != 0) return;
  const sys::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket) send_to_watchers(directory, socket.get(), kChanged);
}

bool is_watched(const std::vector<std::string>& directories) {
  return std::any_of(directories.begin(), directories.end(), [](const std::string& directory) {
    return ::access(watchers_of(directory).c_str(), F_OK) == 0;
  });
}

void Leave::ask(const std::vector<std::string>& directories, const std::string& container_id) {
  socket_ = datagram_socket();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;  // a name of the kernel's choice (unix(7), autobind)
  sys::check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t)), "bind");
  text_ = std::string(kLeaving) + endpoint_file_name(container_id);
  directories_ = directories;
  ask_again();
}

void Leave::ask_again() {
  all_asked_ = true;
  for (const std::string& directory : directories_) {
    const Sent sent = send_to_watchers(directory, socket_.get(), text_, &told_);
    open_ += sent.arrived;
    all_asked_ = all_asked_ && sent.all;
  }
}

void Leave::receive() {
  std::array<char, 16> bytes{};
  while (open_ > 0) {
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) return;
    if (std::string_view(bytes.data(), static_cast<size_t>(size)) == kMayGo) --open_;
  }
}

}  // namespace netmgr
