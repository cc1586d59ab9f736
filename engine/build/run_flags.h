#pragma once
// The flags of RUN: --mount, --network, --security. Source: the Dockerfile reference, "RUN --mount",
// "RUN --network", "RUN --security".
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/place.h"

namespace engine::build {

// One --mount. Words stand as written; expand() replaces variables.
struct MountFlag {
  enum class Type { kBind, kCache, kTmpfs, kSecret, kSsh };
  enum class Sharing { kShared, kPrivate, kLocked };
  Type type = Type::kBind;
  std::string target;  // empty: the type's default
  std::string source;  // kBind, kCache: a path inside `from`
  std::string from;    // kBind, kCache: stage or image; empty: the build context, nothing for kCache
  std::string id;      // kCache, kSecret, kSsh
  std::optional<bool> read_only;  // kBind: true when not given, kCache: false
  Sharing sharing = Sharing::kShared;
  std::optional<uint32_t> uid, gid, mode;
  bool required = false;
  int64_t size = 0;                // kTmpfs: bytes, 0: the kernel's default
  std::optional<std::string> env;  // kSecret: the variable that gets its value
};

struct RunFlags {
  std::vector<std::string> mounts;   // as written: variables need the stage they are in
  std::string network = "default";   // default, none, host
  std::string security = "sandbox";  // sandbox, insecure
};

// Takes the flags off the front of `rest`. What can be judged without the values of variables is judged here.
// Throws engine::Error(kInvalid) at `place`.
RunFlags take_run_flags(std::string& rest, const Place& place, char escape);

// `expand` replaces variables in a value (not in `from`, which is needed before any has one); empty: values
// that hold variables are not judged. Throws engine::Error(kInvalid) at `place`.
MountFlag parse_mount(const std::string& text, const Place& place,
                      const std::function<std::string(const std::string&)>& expand);

}  // namespace engine::build
