#include "netmgr/dns_table.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "netmgr/endpoint_file.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr::dns {
namespace {

constexpr uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
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

}  // namespace

Table::Table(std::vector<std::string> directories) : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  for (std::string& path : directories) directories_.push_back({std::move(path)});
  refresh();
}

void Table::refresh() {
  bool changed = inotify_ && drain_events();
  read_changed();
  changed |= check_unwatched();
  if (changed) rebuild();
}

bool Table::drain_events() {
  bool any = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  while (true) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) return any;
    any = true;
    for (ssize_t offset = 0; offset < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + offset);
      handle_event(*event);
      offset += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

void Table::handle_event(const inotify_event& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    for (const Directory& directory : directories_) read_directory(directory);
    return;
  }
  const auto found = std::find_if(directories_.begin(), directories_.end(),
                                  [&](const Directory& directory) { return directory.watch == event.wd; });
  if (found == directories_.end()) return;
  if ((event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    if ((event.mask & IN_IGNORED) == 0) ::inotify_rm_watch(inotify_.get(), found->watch);
    found->watch = -1;
    found->changed = {};
    read_directory(*found);
  } else if (event.len > 0 && is_endpoint_file(event.name)) {
    changed_.insert(found->path + '/' + event.name);
  }
}

// A file that changed many times is read once.
void Table::read_changed() {
  for (const std::string& path : changed_) read_endpoint(path);
  changed_.clear();
}

// Folders that do not exist yet, or that there is no watch for.
bool Table::check_unwatched() {
  bool any = false;
  for (Directory& directory : directories_) {
    if (directory.watch >= 0) continue;
    const std::optional<timespec> changed = change_time(directory.path);
    if (!changed) {
      if (directory.changed.tv_sec == 0) continue;
      directory.changed = {};
    } else {
      if (changed->tv_sec == directory.changed.tv_sec && changed->tv_nsec == directory.changed.tv_nsec)
        continue;
      watch(directory);
      directory.changed = is_settled(*changed) ? *changed : timespec{};
    }
    read_directory(directory);
    any = true;
  }
  return any;
}

void Table::watch(Directory& directory) {
  if (inotify_) directory.watch = ::inotify_add_watch(inotify_.get(), directory.path.c_str(), kEvents);
}

void Table::read_directory(const Directory& directory) {
  const std::string prefix = directory.path + '/';
  std::erase_if(endpoints_, [&](const auto& entry) {
    return entry.first.starts_with(prefix) && entry.first.find('/', prefix.size()) == std::string::npos;
  });
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.path.c_str()), ::closedir);
  if (!stream) return;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (is_endpoint_file(entry->d_name)) read_endpoint(prefix + entry->d_name);
  }
}

void Table::read_endpoint(const std::string& path) {
  endpoints_.erase(path);
  try {
    const std::optional<std::string> text = sys::read_file_if_exists(path);
    if (!text) return;
    if (std::optional<EndpointEntry> endpoint = parse_endpoint_file(*text))
      endpoints_[path] = std::move(*endpoint);
  } catch (const sys::Error&) {
    endpoints_.erase(path);
  }
}

void Table::rebuild() {
  addresses_.clear();
  names_.clear();
  for (const auto& [path, endpoint] : endpoints_)
    if (!endpoint.unhealthy) add(endpoint, addresses_);
  // Better an ailing one than none.
  Map<Addresses> rest;
  for (const auto& [path, endpoint] : endpoints_)
    if (endpoint.unhealthy) add(endpoint, rest);
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
