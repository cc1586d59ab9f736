#pragma once
// AppArmor profiles of containers. Source: apparmor(7); Linux, security/apparmor/procattr.c
#include <string>

namespace engine {

// From its next exec on the calling process, or a child that it makes before, has this profile; empty: none.
// By the host's own /proc, so before the container's tree is in view. Throws SetupError.
void use_apparmor(const std::string& profile);

}  // namespace engine
