#pragma once
// POSIX access control lists of archive entries (SCHILY.acl.* of GNU tar and bsdtar) in the form the kernel
// keeps them: the xattrs system.posix_acl_access and system.posix_acl_default. (man 5 acl,
// linux/posix_acl_xattr.h)
#include "engine/image/layer_xattr.h"

struct archive_entry;

namespace engine {

// The attributes that the entry's lists amount to; empty when it has none. Named users and groups count by
// number. Throws engine::Error(kInvalid) naming `name` for lists of another kind (NFSv4) or without numbers.
Xattrs acl_xattrs(archive_entry* entry, const std::string& name);

}  // namespace engine
