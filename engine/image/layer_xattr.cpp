#include "engine/image/layer_xattr.h"

#include <sys/xattr.h>

#include <cerrno>
#include <vector>

#include "engine/image/beneath.h"
#include "sys/error.h"

namespace engine {

namespace {

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string read_value(const std::string& path, const char* name, const std::string& what) {
  std::string value(256, '\0');
  for (;;) {
    const ssize_t size = ::getxattr(path.c_str(), name, value.data(), value.size());
    if (size >= 0) {
      value.resize(static_cast<size_t>(size));
      return value;
    }
    if (errno != ERANGE || value.size() > 65536) sys::fail(std::string("getxattr ") + name, what);
    value.resize(value.size() * 4);
  }
}

}  // namespace

bool is_layer_xattr(std::string_view name) {
  if (starts_with(name, "trusted.overlay.")) return false;
  return starts_with(name, "user.") || starts_with(name, "trusted.") || name == "security.capability" ||
         name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

Xattrs read_xattrs(int fd, const std::string& what) {
  // Through /proc because only that reaches symbolic links and devices without opening them.
  const std::string path = proc_path(fd);
  char first[512];
  std::vector<char> more;
  const char* names = first;
  ssize_t size = ::listxattr(path.c_str(), first, sizeof first);
  if (size < 0 && errno == ERANGE) {
    more.resize(65536);  // XATTR_LIST_MAX
    names = more.data();
    size = ::listxattr(path.c_str(), more.data(), more.size());
  }
  if (size < 0 && errno == ENOTSUP) return {};
  sys::check(size, "listxattr", what);
  Xattrs xattrs;
  for (const char* name = names; name < names + size;) {
    const std::string_view current(name);
    xattrs.emplace(current, read_value(path, name, what));
    name += current.size() + 1;
  }
  return xattrs;
}

void write_xattr(int fd, const std::string& name, const std::string& value, const std::string& what) {
  sys::check(::setxattr(proc_path(fd).c_str(), name.c_str(), value.data(), value.size(), 0),
             "setxattr " + name, what);
}

void remove_xattr(int fd, const std::string& name, const std::string& what) {
  if (::removexattr(proc_path(fd).c_str(), name.c_str()) != 0 && errno != ENODATA) {
    sys::fail("removexattr " + name, what);
  }
}

bool is_opaque(const Xattrs& xattrs) {
  const auto found = xattrs.find(kOpaqueXattr);
  return found != xattrs.end() && found->second == "y";
}

}  // namespace engine
