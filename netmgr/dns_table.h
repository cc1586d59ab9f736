#pragma once
// The names our networks know, read from endpoint files (see dns.h for their format). Kept up to date by
// inotify (man 7 inotify), which is only read when `refresh` is called; where no inotify instance is to be
// had (they are limited per user) the folders' change times are looked at instead.
#include <sys/inotify.h>
#include <time.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/endpoint_file.h"
#include "sys/fd.h"

namespace netmgr::dns {

class Table {
 public:
  explicit Table(std::vector<std::string> directories);

  // Takes in what has changed since the last call; two system calls when nothing has. Never throws for what
  // the folders hold: a file that cannot be read or understood counts as not there.
  void refresh();

  struct Addresses {
    std::vector<Address> v4, v6;
  };
  // Of a lower-case name; nullptr for a name that is not ours. Valid until the next refresh.
  const Addresses* addresses(std::string_view name) const;
  // The first name of an address; empty when it is not ours.
  std::string_view name(const Address& address) const;

 private:
  struct Directory {
    std::string path;
    int watch = -1;
    timespec changed{};  // of the folder when it was last read, for want of a watch
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <typename Value>
  using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  bool drain_events();
  void handle_event(const inotify_event& event);
  void read_changed();
  bool check_unwatched();
  void watch(Directory& directory);
  void read_directory(const Directory& directory);
  void read_endpoint(const std::string& path);
  void rebuild();
  void add(const EndpointEntry& endpoint, Map<Addresses>& names);

  std::vector<Directory> directories_;
  sys::Fd inotify_;
  std::unordered_set<std::string> changed_;  // files the events named
  Map<EndpointEntry> endpoints_;             // by path
  Map<Addresses> addresses_;
  std::map<Address, std::string> names_;
};

}  // namespace netmgr::dns
