#include "engine/container/user.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "engine/container/setup_error.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

constexpr off_t kMostBytes = 16 << 20;

std::string read_in_root(int root, const std::string& path) {
  // A FIFO must not hang us.
  const sys::Fd fd = sys::try_open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return {};  // images without the file are common; names then simply do not resolve
  struct stat status {};
  sys::check(::fstat(fd.get(), &status), "fstat", path);
  if (!S_ISREG(status.st_mode) || status.st_size > kMostBytes) {
    throw SetupError("look up user", path + " in the container is no ordinary file");
  }
  return sys::read_all(fd.get());
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // -1 means "no change" to setresuid(2) and must never pass for an id.
  if (value == UINT32_MAX) return std::nullopt;
  return value;
}

// Calls `visit` with the colon-separated fields of each line until it returns true.
template <typename Visit>
void each_line(const std::string& text, Visit visit) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    std::vector<std::string_view> fields;
    for (;;) {
      const size_t colon = line.find(':');
      fields.push_back(line.substr(0, colon));
      if (colon == std::string_view::npos) break;
      line = line.substr(colon + 1);
    }
    if (visit(fields)) return;
  }
}

bool is_member(std::string_view members, std::string_view name) {
  while (!members.empty()) {
    const size_t comma = members.find(',');
    if (members.substr(0, comma) == name) return true;
    if (comma == std::string_view::npos) return false;
    members = members.substr(comma + 1);
  }
  return false;
}

}  // namespace

Identity resolve_user(int root, const std::string& user) {
  const size_t colon = user.find(':');
  std::string who = user.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : user.substr(colon + 1);
  if (who.empty()) who = "0";

  Identity identity;
  std::string name;
  const auto uid = number(who);
  bool found = false;
  each_line(read_in_root(root, "/etc/passwd"), [&](const auto& fields) {
    if (fields.size() < 6) return false;
    const auto entry_uid = number(fields[2]);
    const auto entry_gid = number(fields[3]);
    // A name wins over a number, as an account may be called "1000".
    if (!entry_uid || !entry_gid || (fields[0] != who && entry_uid != uid)) return false;
    if (found && fields[0] != who) return false;
    found = true;
    name = fields[0];
    identity.uid = *entry_uid;
    identity.gid = *entry_gid;
    identity.home = fields[5].empty() ? "/" : std::string(fields[5]);
    return fields[0] == who;
  });
  if (!found) {
    if (!uid) throw SetupError("look up user", "user " + who + " is not in the container's /etc/passwd");
    identity.uid = *uid;
  }

  const auto gid = number(group);
  bool group_found = false;
  each_line(read_in_root(root, "/etc/group"), [&](const auto& fields) {
    if (fields.size() < 3) return false;
    const auto entry = number(fields[2]);
    if (!entry) return false;
    if (group.empty()) {
      if (fields.size() > 3 && !name.empty() && is_member(fields[3], name)) identity.groups.push_back(*entry);
      return false;
    }
    if (fields[0] != group) return false;
    identity.gid = *entry;
    group_found = true;
    return true;
  });
  if (!group.empty() && !group_found) {
    if (!gid) throw SetupError("look up user", "group " + group + " is not in the container's /etc/group");
    identity.gid = *gid;
  }
  // Among the others as well: a set-group-id program must not be able to shake it off (CVE-2022-36109).
  if (std::find(identity.groups.begin(), identity.groups.end(), identity.gid) == identity.groups.end())
    identity.groups.insert(identity.groups.begin(), identity.gid);
  return identity;
}

void add_groups(int root, const std::vector<std::string>& groups, Identity& identity) {
  if (groups.empty()) return;
  const std::string file = read_in_root(root, "/etc/group");
  for (const std::string& group : groups) {
    std::optional<uint32_t> gid;
    each_line(file, [&](const auto& fields) {
      if (fields.size() < 3 || fields[0] != group) return false;
      gid = number(fields[2]);
      return gid.has_value();
    });
    if (!gid) gid = number(group);
    if (!gid) throw SetupError("look up groups", "group " + group + " is not in the container's /etc/group");
    if (std::find(identity.groups.begin(), identity.groups.end(), *gid) == identity.groups.end())
      identity.groups.push_back(*gid);
  }
}

}  // namespace engine
