#pragma once
// Who a container's program runs as, looked up in the container's own /etc/passwd and /etc/group.
#include <sys/types.h>

#include <string>
#include <vector>

namespace engine {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // `gid` and, unless the group was named in the request, those of the user
  std::string home = "/";
};

// `user`: "", name, uid, name:group, uid:gid. A number need not be in the files; a name must (SetupError).
// `root`: descriptor of the container's root folder. Files are read only when they are regular and below 16
// MiB.
Identity resolve_user(int root, const std::string& user);

// Further supplementary groups, by name or number; as above.
void add_groups(int root, const std::vector<std::string>& groups, Identity& identity);

}  // namespace engine
