#include "engine/container/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr CapabilityMask kAll = (CapabilityMask{1} << 41) - 1;

std::string canonical(const std::string& name) {
  std::string text = name;
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text.starts_with("CAP_") ? text : "CAP_" + text;
}

}  // namespace

const std::vector<std::string>& capability_names() {
  static const std::vector<std::string> names = {"CAP_CHOWN",
                                                 "CAP_DAC_OVERRIDE",
                                                 "CAP_DAC_READ_SEARCH",
                                                 "CAP_FOWNER",
                                                 "CAP_FSETID",
                                                 "CAP_KILL",
                                                 "CAP_SETGID",
                                                 "CAP_SETUID",
                                                 "CAP_SETPCAP",
                                                 "CAP_LINUX_IMMUTABLE",
                                                 "CAP_NET_BIND_SERVICE",
                                                 "CAP_NET_BROADCAST",
                                                 "CAP_NET_ADMIN",
                                                 "CAP_NET_RAW",
                                                 "CAP_IPC_LOCK",
                                                 "CAP_IPC_OWNER",
                                                 "CAP_SYS_MODULE",
                                                 "CAP_SYS_RAWIO",
                                                 "CAP_SYS_CHROOT",
                                                 "CAP_SYS_PTRACE",
                                                 "CAP_SYS_PACCT",
                                                 "CAP_SYS_ADMIN",
                                                 "CAP_SYS_BOOT",
                                                 "CAP_SYS_NICE",
                                                 "CAP_SYS_RESOURCE",
                                                 "CAP_SYS_TIME",
                                                 "CAP_SYS_TTY_CONFIG",
                                                 "CAP_MKNOD",
                                                 "CAP_LEASE",
                                                 "CAP_AUDIT_WRITE",
                                                 "CAP_AUDIT_CONTROL",
                                                 "CAP_SETFCAP",
                                                 "CAP_MAC_OVERRIDE",
                                                 "CAP_MAC_ADMIN",
                                                 "CAP_SYSLOG",
                                                 "CAP_WAKE_ALARM",
                                                 "CAP_BLOCK_SUSPEND",
                                                 "CAP_AUDIT_READ",
                                                 "CAP_PERFMON",
                                                 "CAP_BPF",
                                                 "CAP_CHECKPOINT_RESTORE"};
  return names;
}

CapabilityMask capability_mask(const std::vector<std::string>& names) {
  const auto& all = capability_names();
  CapabilityMask mask = 0;
  for (const std::string& name : names) {
    const auto found = std::find(all.begin(), all.end(), canonical(name));
    if (found == all.end()) throw Error(Error::Kind::kInvalid, "unknown capability " + name);
    mask |= CapabilityMask{1} << (found - all.begin());
  }
  return mask;
}

std::vector<std::string> effective_capabilities(const std::vector<std::string>& add,
                                                const std::vector<std::string>& drop, bool privileged) {
  static const std::vector<std::string> defaults = {
      "CHOWN",  "DAC_OVERRIDE", "FSETID",  "FOWNER",           "MKNOD",      "NET_RAW", "SETGID",
      "SETUID", "SETFCAP",      "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",    "AUDIT_WRITE"};
  const auto mask_of = [](std::vector<std::string> names) {
    const auto is_all = [](const std::string& name) { return canonical(name) == "CAP_ALL"; };
    const bool all = std::any_of(names.begin(), names.end(), is_all);
    names.erase(std::remove_if(names.begin(), names.end(), is_all), names.end());
    return std::pair(capability_mask(names), all);
  };
  const auto [added, add_all] = mask_of(add);
  const auto [dropped, drop_all] = mask_of(drop);
  CapabilityMask mask = privileged ? kAll : capability_mask(defaults);
  if (!privileged) {
    // "drop ALL, add X" leaves X, "add ALL, drop X" leaves the rest, and of one capability that is both added
    // and dropped Docker's containers have it.
    mask = add_all ? kAll & ~dropped : (drop_all ? 0 : mask & ~dropped) | added;
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < capability_names().size(); ++i) {
    if ((mask >> i & 1) != 0) names.push_back(capability_names()[i]);
  }
  return names;
}

CapabilityMask own_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  sys::check(::syscall(SYS_capget, &header, data), "capget");
  return data[0].permitted | CapabilityMask{data[1].permitted} << 32;
}

void limit_bounding_set(CapabilityMask mask) {
  for (unsigned long number = 0; number < 64; ++number) {
    if (number < 41 && (mask >> number & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return;  // past the kernel's last capability
    sys::fail("prctl", "PR_CAPBSET_DROP");
  }
}

void set_capabilities(CapabilityMask mask) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    sys::fail("prctl", "PR_CAP_AMBIENT_CLEAR_ALL");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  data[0].effective = data[0].permitted = static_cast<uint32_t>(mask);
  data[1].effective = data[1].permitted = static_cast<uint32_t>(mask >> 32);
  sys::check(::syscall(SYS_capset, &header, data), "capset");
}

}  // namespace engine
