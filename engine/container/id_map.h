#pragma once
// Id-mapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP; user_namespaces(7)): files that lie on the disk as
// one user's are seen, and written, as another's.
#include <optional>
#include <string>

#include "engine/container/spec.h"

namespace engine {

// Whose ids change places: what is `host` on the disk is `container` in the mount, and the other way round.
// All others stay what they are.
struct IdPair {
  uint32_t host = 0, container = 0;
};
struct IdMap {
  IdPair user, group;
};

// SpecMount::idmap: "owner" (nothing: who owns the source is known at start only), "1000:33" for user and
// group, "1000:33,1000:0". Throws std::invalid_argument for anything else.
std::optional<IdMap> parse_id_map(const std::string& text);

// The lines of uid_map or gid_map for it: id on the disk, id in the mount, how many.
std::string map_lines(const IdPair& pair);

// Puts the map of `mount` on `source`, a detached mount of it; nothing when it has none. `user` and `root`:
// of the container, for "owner". Throws SetupError when the file system cannot, sys::Error.
void map_ids(const SpecMount& mount, int source, int root, const std::string& user);

}  // namespace engine
