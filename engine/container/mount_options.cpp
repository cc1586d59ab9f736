#include "engine/container/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>

namespace engine {

namespace {

struct Flag {
  const char* name;
  uint64_t set, clear;
};

constexpr std::array kFlags = {
    Flag{"ro", MOUNT_ATTR_RDONLY, 0}, Flag{"rw", 0, MOUNT_ATTR_RDONLY}, Flag{"noexec", MOUNT_ATTR_NOEXEC, 0},
    Flag{"exec", 0, MOUNT_ATTR_NOEXEC}, Flag{"nosuid", MOUNT_ATTR_NOSUID, 0},
    Flag{"suid", 0, MOUNT_ATTR_NOSUID}, Flag{"nodev", MOUNT_ATTR_NODEV, 0}, Flag{"dev", 0, MOUNT_ATTR_NODEV},
    Flag{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    Flag{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    // The kernel's own way, for which there is no bit.
    Flag{"relatime", 0, MOUNT_ATTR__ATIME}, Flag{"atime", 0, MOUNT_ATTR__ATIME},
    Flag{"norelatime", 0, MOUNT_ATTR__ATIME}, Flag{"nostrictatime", 0, MOUNT_ATTR__ATIME},
    Flag{"nodiratime", MOUNT_ATTR_NODIRATIME, 0}, Flag{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    Flag{"defaults", 0, 0}, Flag{"swap", 0, 0},  // tmpfs: what it does anyway
};

}  // namespace

SplitOptions split_mount_options(const std::vector<std::string>& options, uint64_t attributes) {
  SplitOptions split{attributes, {}};
  for (const std::string& option : options) {
    const auto* const flag =
        std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& known) { return option == known.name; });
    if (flag != kFlags.end()) {
      split.attributes = (split.attributes & ~flag->clear) | flag->set;
      continue;
    }
    const size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    std::erase_if(split.file_system, [&](const auto& earlier) { return earlier.first == key; });
    split.file_system.emplace_back(key, equals == std::string::npos ? "" : option.substr(equals + 1));
  }
  return split;
}

}  // namespace engine
