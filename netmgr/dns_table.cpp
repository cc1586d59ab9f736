#include "netmgr/dns_table.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "netmgr/endpoint_file.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr::dns {
namespace {

// The kernel's file times go in steps of its tick: a change in the same step as our reading would not show.
constexpr int64_t kTimeStepNanoseconds = 20'000'000;

// Nothing when there is no such folder.
std::optional<timespec> change_time(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mtim;
}

bool is_settled(const timespec& changed) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const int64_t age = (now.tv_sec - changed.tv_sec) * 1'000'000'000 + (now.tv_nsec - changed.tv_nsec);
  return age < 0 || age > kTimeStepNanoseconds;
}

// Nothing for one that has just gone as well.
std::optional<EndpointEntry> read_endpoint(const std::string& path) {
  try {
    return read_endpoint_file(path);
  } catch (const sys::Error&) {
    return std::nullopt;
  }
}

}  // namespace

Table::Table(std::vector<std::string> directories) {
  for (std::string& path : directories) directories_.push_back({std::move(path)});
  refresh();
}

void Table::refresh() {
  bool changed = false;
  for (Directory& directory : directories_) changed |= refresh(directory);
  if (changed) rebuild();
}

bool Table::refresh(Directory& directory) {
  const std::optional<timespec> changed = change_time(directory.path);
  if (!changed && !directory.there) return false;
  if (changed && changed->tv_sec == directory.changed.tv_sec && changed->tv_nsec == directory.changed.tv_nsec)
    return false;
  directory.there = changed.has_value();
  directory.changed = changed && is_settled(*changed) ? *changed : timespec{};
  read(directory);
  return true;
}

void Table::read(Directory& directory) {
  directory.endpoints.clear();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.path.c_str()), ::closedir);
  while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
    if (!is_endpoint_file(entry->d_name)) continue;
    if (std::optional<EndpointEntry> endpoint = read_endpoint(directory.path + '/' + entry->d_name))
      directory.endpoints.push_back(std::move(*endpoint));
  }
}

void Table::rebuild() {
  addresses_.clear();
  names_.clear();
  // Better an ailing one than none.
  Map<Addresses> rest;
  for (const Directory& directory : directories_)
    for (const EndpointEntry& endpoint : directory.endpoints)
      add(endpoint, endpoint.state == EndpointState::kUnhealthy ? rest : addresses_);
  addresses_.merge(rest);
}

void Table::add(const EndpointEntry& endpoint, Map<Addresses>& names) {
  for (const std::string& name : endpoint.names) {
    Addresses& all = names[name];
    for (const Address& address : endpoint.addresses) {
      std::vector<Address>& addresses = address.v6 ? all.v6 : all.v4;
      const auto place = std::lower_bound(addresses.begin(), addresses.end(), address);
      if (place == addresses.end() || *place != address) addresses.insert(place, address);
    }
  }
  if (endpoint.names.empty()) return;
  for (const Address& address : endpoint.addresses) names_[address] = endpoint.names.front();
}

const Table::Addresses* Table::addresses(std::string_view name) const {
  const auto found = addresses_.find(name);
  return found == addresses_.end() ? nullptr : &found->second;
}

std::string_view Table::name(const Address& address) const {
  const auto found = names_.find(address);
  return found == names_.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace netmgr::dns
