#pragma once
// The names our networks know, read from endpoint files (see dns.h for their format). Whether a folder has
// changed is seen by its change time, which is looked at when `refresh` is called: nobody is woken for it,
// and none of the kernel's inotify instances is used, of which a user has 128 and every container would take
// one.
#include <time.h>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/endpoint_file.h"

namespace netmgr::dns {

class Table {
 public:
  explicit Table(std::vector<std::string> directories);

  // Takes in what has changed since the last call; a system call for each folder when nothing has. Never
  // throws for what the folders hold: a file that cannot be read or understood counts as not there.
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
    bool there = false;
    timespec changed{};  // when it was last read; 0: it has to be read again
    std::vector<EndpointEntry> endpoints = {};
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <typename Value>
  using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  static bool refresh(Directory& directory);
  static void read(Directory& directory);
  void rebuild();
  void add(const EndpointEntry& endpoint, Map<Addresses>& names);

  std::vector<Directory> directories_;
  Map<Addresses> addresses_;
  std::map<Address, std::string> names_;
};

}  // namespace netmgr::dns
