#pragma once
// A DNS server of the test's own, in the namespace of the thread that makes it: it answers every question for
// an IPv4 address with the same one, and remembers the names it was asked for.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sys/fd.h"

namespace it {

class NameServer {
 public:
  // On port 53 of `address`. Throws sys::Error.
  NameServer(const std::string& address, const std::string& answer);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  bool was_asked_for(const std::string& name) const;

 private:
  void serve();

  std::string answer_;
  sys::Fd socket_, end_;
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
  std::thread thread_;
};

}  // namespace it
