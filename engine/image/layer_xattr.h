#pragma once
// Which extended attributes belong to a layer, and reading and writing them. (man 7 xattr)
//
// A layer carries what means the same on every machine: user.*, trusted.*, security.capability and POSIX
// ACLs. The labels of one host (security.selinux, security.ima, ...) are left out, and so is
// trusted.overlay.*, by which an overlay steers itself: it is the engine's own and would let an archive
// redirect our mounts.
#include <map>
#include <string>
#include <string_view>

namespace engine {

using Xattrs = std::map<std::string, std::string>;

inline constexpr const char* kOpaqueXattr = "trusted.overlay.opaque";

bool is_layer_xattr(std::string_view name);

// All attributes of the object behind `fd`; an O_PATH descriptor will do. `what` names it in errors. Throws
// sys::Error.
Xattrs read_xattrs(int fd, const std::string& what);
void write_xattr(int fd, const std::string& name, const std::string& value, const std::string& what);
void remove_xattr(int fd, const std::string& name, const std::string& what);
// True for a folder that hides what lies below it in lower layers.
bool is_opaque(const Xattrs& xattrs);

}  // namespace engine
