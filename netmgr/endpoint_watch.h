#pragma once
// Who has to know of a network's endpoints at once, as a load balancer has, watches its folder: a link in
// <folder>/watchers leads to a socket of the watcher's, which whoever changes an endpoint file (dns.h) sends
// a datagram to. An endpoint about to be stopped asks by one whether it may go, and waits for the answers.
// Nothing here blocks. What a watcher that is too busy misses of changes is one of many that say the same;
// who leaves asks it again.
#include <sys/socket.h>
#include <sys/un.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace netmgr {

class EndpointWatch {
 public:
  // Makes the socket <folder>/watch, for the owner alone; one that is left there goes. Throws sys::Error.
  EndpointWatch(std::string folder, const std::string& container_id);
  ~EndpointWatch();
  EndpointWatch(const EndpointWatch&) = delete;
  EndpointWatch& operator=(const EndpointWatch&) = delete;

  // These folders from now on, instead of those before. Throws sys::Error.
  void watch(const std::vector<std::string>& directories);
  int fd() const { return socket_.get(); }  // readable when there is something to receive

  // Wants to be answered when nothing is sent to it any more.
  struct Leaver {
    std::string endpoint;  // name of its file
    sockaddr_un address{};
    socklen_t size = 0;
  };
  // Takes what has come, or some of it when that is much; who leaves is in the result, and for what has
  // changed the folders tell.
  std::vector<Leaver> receive();
  void answer(const Leaver& leaver) const noexcept;

 private:
  std::string link_in(const std::string& directory) const;
  void unlink_all() noexcept;
  std::string folder_, name_;
  sys::Fd socket_;
  std::vector<std::string> directories_;
};

// Those that watch the folder look at it anew. Where nobody does, a failed system call.
void tell_watchers(const std::string& directory) noexcept;

bool is_watched(const std::vector<std::string>& directories);

// The leaver's side. Its endpoint files say before that it leaves.
class Leave {
 public:
  // Asks all who watch these folders. Throws sys::Error.
  void ask(const std::vector<std::string>& directories, const std::string& container_id);
  int fd() const { return socket_.get(); }  // readable when there is an answer
  void receive();
  bool granted() const { return all_asked_ && open_ == 0; }
  // False: one that watches has no room for the question yet, so `ask_again` is to be called in a while.
  bool all_asked() const { return all_asked_; }
  void ask_again();

 private:
  sys::Fd socket_;
  std::string text_;
  std::vector<std::string> directories_;
  std::set<std::string> told_;  // watchers that have been asked, or are not there
  bool all_asked_ = true;
  size_t open_ = 0;  // who has not answered
};

}  // namespace netmgr
