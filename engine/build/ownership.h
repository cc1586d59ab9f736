#pragma once
// Owners as --chown and USER write them.
#include <sys/types.h>

#include <string>

#include "engine/build/layered_view.h"

namespace engine::build {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

// "user[:group]" with names looked up in /etc/passwd and /etc/group of the image. Without a group: the
// primary one of a named user, the same number for a numeric one. Throws engine::Error(kInvalid) naming what
// is unknown, without a place.
Owner resolve_owner(const std::string& spec, const LayeredView& image);
// Home folder of a user (name or number, a group is ignored) by the image's /etc/passwd; "/root" for root and
// "/" for others who are not in it.
std::string home_of(const std::string& user, const LayeredView& image);

}  // namespace engine::build
