#include "engine/container/id_map.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "engine/container/clone.h"
#include "engine/container/setup_error.h"
#include "engine/container/user.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace engine {
namespace {

constexpr uint64_t kIds = 4294967295;  // 0 to 2^32 - 2; the last number is no id

[[noreturn]] void fail_form(const std::string& text) {
  throw std::invalid_argument("'" + text +
                              "' is no id map: it is 'owner', or HOST:CONTAINER in numbers, for "
                              "the group also after a comma");
}

uint32_t id_of(const std::string& digits, const std::string& text) {
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || id >= kIds)
    fail_form(text);
  return id;
}

IdPair pair_of(const std::string& part, const std::string& text) {
  const size_t colon = part.find(':');
  if (colon == std::string::npos) fail_form(text);
  return {id_of(part.substr(0, colon), text), id_of(part.substr(colon + 1), text)};
}

// The user namespace whose maps a mount takes. It needs a process to come into being, not to go on.
class MappedNamespace {
 public:
  explicit MappedNamespace(const IdMap& map) {
    sys::Pipe told = sys::pipe(), held = sys::pipe();
    sys::Fd process;
    const pid_t pid = clone_process(CLONE_NEWUSER, {}, process);
    if (pid == 0) child(told, held);
    told.write.reset();
    held.read.reset();
    // Its number where /proc is mounted: it may have another one here.
    std::string number = sys::read_all(told.read.get());
    try {
      if (number.empty()) throw std::runtime_error("the process of a user namespace told no number");
      const std::string folder = "/proc/" + number;
      sys::write_knob(folder + "/uid_map", map_lines(map.user));
      sys::write_knob(folder + "/gid_map", map_lines(map.group));
      fd_ = sys::open(folder + "/ns/user", O_RDONLY);
    } catch (...) {
      end(process, held);
      throw;
    }
    end(process, held);
  }
  int fd() const { return fd_.get(); }

 private:
  [[noreturn]] static void child(sys::Pipe& told, sys::Pipe& held) {
    told.read.reset();
    held.write.reset();
    char number[32];
    const ssize_t length = ::readlink("/proc/self", number, sizeof number);
    if (length > 0 && ::write(told.write.get(), number, static_cast<size_t>(length)) == length) {
      told.write.reset();
      char byte = 0;
      while (::read(held.read.get(), &byte, 1) < 0 && errno == EINTR) continue;
    }
    ::_exit(0);
  }
  static void end(const sys::Fd& process, sys::Pipe& held) {
    held.write.reset();
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(process.get()), &info, WEXITED) != 0 && errno == EINTR)
      continue;
  }

  sys::Fd fd_;
};

IdMap owner_map(const SpecMount& mount, int source, int root, const std::string& user) {
  struct stat status {};
  sys::check(::fstat(source, &status), "fstat", mount.source);
  const Identity identity = resolve_user(root, user);
  return {{status.st_uid, identity.uid}, {status.st_gid, identity.gid}};
}

}  // namespace

std::optional<IdMap> parse_id_map(const std::string& text) {
  if (text == "owner") return std::nullopt;
  const size_t comma = text.find(',');
  const IdPair user = pair_of(text.substr(0, comma), text);
  return IdMap{user, comma == std::string::npos ? user : pair_of(text.substr(comma + 1), text)};
}

std::string map_lines(const IdPair& pair) {
  if (pair.host == pair.container) return "0 0 " + std::to_string(kIds) + '\n';
  const uint64_t low = std::min(pair.host, pair.container), high = std::max(pair.host, pair.container);
  std::string lines;
  const auto line = [&](uint64_t on_disk, uint64_t seen, uint64_t count) {
    if (count > 0)
      lines += std::to_string(on_disk) + ' ' + std::to_string(seen) + ' ' + std::to_string(count) + '\n';
  };
  line(low, high, 1);
  line(high, low, 1);
  line(0, 0, low);
  line(low + 1, low + 1, high - low - 1);
  line(high + 1, high + 1, kIds - high - 1);
  return lines;
}

void map_ids(const SpecMount& mount, int source, int root, const std::string& user) {
  if (mount.idmap.empty()) return;
  const auto given = parse_id_map(mount.idmap);
  const IdMap map = given ? *given : owner_map(mount, source, root, user);
  if (map.user.host == map.user.container && map.group.host == map.group.container) return;
  const std::string step = "map ids of mount " + mount.target;
  const MappedNamespace mapped = in_step(step, [&] { return MappedNamespace(map); });
  struct mount_attr attributes {};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<uint64_t>(mapped.fd());
  const unsigned flags =
      AT_EMPTY_PATH | (mount.recursive == "disabled" ? 0U : static_cast<unsigned>(AT_RECURSIVE));
  if (::mount_setattr(source, "", flags, &attributes, sizeof attributes) == 0) return;
  if (errno != EINVAL && errno != EPERM) sys::fail("mount_setattr", mount.source);
  throw SetupError(step, "the file system of " + mount.source +
                             (mount.recursive == "disabled" ? "" : ", or one that is mounted below it,") +
                             " cannot show files as another user's; leave x-idmap out");
}

}  // namespace engine
