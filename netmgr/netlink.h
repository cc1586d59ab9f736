#pragma once
// Requests over netlink (man 7 netlink), many in one sendmsg(2), each acknowledged by the kernel; an error in
// an acknowledgement becomes a sys::Error that names what the request was about.
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "netmgr/netlink_message.h"
#include "sys/fd.h"

namespace netmgr {

// One message, filled with nl::put_header and nl::put_*.
class NetlinkRequest {
 public:
  // `call` and `object` go into the error. `tolerated`: errno values that count as success.
  NetlinkRequest(uint16_t type, uint16_t flags, std::string call, std::string object,
                 std::initializer_list<int> tolerated = {});

  nlmsghdr* header() { return header_; }
  template <typename Header>
  Header* put_header() {
    return static_cast<Header*>(nl::put_header(header_, sizeof(Header)));
  }
  void put_string(uint16_t attribute, const std::string& value) {
    nl::put_string(header_, attribute, value.c_str());
  }

 private:
  friend class NetlinkSocket;
  std::unique_ptr<char[]> buffer_;
  nlmsghdr* header_;
  std::string call_;
  std::string object_;
  std::vector<int> tolerated_;
};

// Runs `fill` between the start and the end of a nested attribute.
template <typename Fill>
void nest(nlmsghdr* message, uint16_t type, Fill fill) {
  nlattr* start = nl::begin_nest(message, type);
  fill();
  nl::end_nest(message, start);
}

// Calls `visit(const nlattr*)` for each attribute behind a message's header of type Header.
template <typename Header, typename Visit>
void each_attribute(const nlmsghdr* message, Visit visit) {
  constexpr size_t kBefore = nl::kHeader + nl::aligned(sizeof(Header));
  if (message->nlmsg_len < kBefore) return;
  nl::each(reinterpret_cast<const char*>(message) + kBefore, message->nlmsg_len - kBefore, visit);
}
// The same for the attributes nested in `nest`.
template <typename Visit>
void each_nested(const nlattr* nest, Visit visit) {
  nl::each(nl::data_of(nest), nl::size_of(nest), visit);
}

// A socket in the network namespace the calling thread is in when it is made. One thread at a time.
class NetlinkSocket {
 public:
  using Reply = std::function<void(const nlmsghdr*)>;

  // `bus`: NETLINK_ROUTE or NETLINK_NETFILTER. Throws sys::Error.
  explicit NetlinkSocket(int bus);

  // Sends all of them at once and waits for every acknowledgement. The kernel works through them in order and
  // does not stop at a failed one; the first error that is not tolerated is thrown. Data messages go to
  // `reply`.
  void run(std::vector<NetlinkRequest> requests, const Reply& reply = nullptr);
  // Messages of a batch (linux/netfilter/nfnetlink.h), complete but for their numbers and without
  // acknowledgement, all of which the kernel does or nothing. Returns its first error's errno, or 0.
  int run_batch(std::vector<char>& messages);
  // A request with NLM_F_DUMP; restarted when the kernel says that the list changed underway, so `reply` may
  // see an entry twice. Throws sys::Error.
  void dump(NetlinkRequest request, const Reply& reply);

 private:
  // Receives once; false when the end of `request`'s answer was in it.
  bool receive_dump(const NetlinkRequest& request, unsigned sequence, const Reply& reply, bool& interrupted);
  ssize_t receive();
  void send(const void* message, size_t size);

  sys::Fd socket_;
  std::unique_ptr<char[]> buffer_;  // only what comes is ever touched
  unsigned sequence_ = 1;
};

}  // namespace netmgr
