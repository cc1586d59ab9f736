#include "engine/container/apparmor.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

#include <cerrno>

#include "engine/container/mount_fd.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"

namespace engine {

void use_apparmor(const std::string& profile) {
  if (profile.empty()) return;
  const std::string step = "use AppArmor profile " + profile;
  const std::string order = "exec " + profile;
  // A folder of its own from Linux 5.8 on.
  for (const char* path : {"/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"}) {
    const sys::Fd file(::open(path, O_WRONLY | O_CLOEXEC));
    if (!file || !is_on(file.get(), PROC_SUPER_MAGIC)) continue;
    if (::write(file.get(), order.data(), order.size()) >= 0) return;
    if (errno == ENOENT) throw SetupError(step, "no such profile is loaded on this host");
    in_step(step, [&] { sys::fail("write", path); });
  }
  throw SetupError(step, "this kernel has no AppArmor");
}

}  // namespace engine
