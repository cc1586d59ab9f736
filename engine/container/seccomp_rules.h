#pragma once
// The default seccomp rules as data. Everything not named is refused with EPERM. They are those of Docker
// today: what no capability opens there (kexec, swap, pivot_root: whoever has SYS_BOOT or SYS_ADMIN in a
// container need not have the machine) takes `privileged` or `seccomp=unconfined` here too.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/container/capabilities.h"

namespace engine {

// System calls every container may make, whatever their arguments; names the running libseccomp or the
// architecture does not know are left out.
const std::vector<std::string_view>& plainly_allowed();

// System calls allowed only with one of these capabilities (by number, see capability_names()).
struct ConditionalCalls {
  std::string_view capability;
  std::vector<std::string_view> calls;
};
const std::vector<ConditionalCalls>& conditionally_allowed();

// clone(2) flags that make namespaces; refused without CAP_SYS_ADMIN.
constexpr uint64_t kNamespaceFlags = 0x7E020000;
// Values of personality(2): PER_LINUX, UNAME26, PER_LINUX32, both, and the query.
constexpr uint64_t kPersonalities[] = {0x0, 0x0008, 0x20000, 0x20008, 0xffffffff};

}  // namespace engine
