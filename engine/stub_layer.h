#pragma once
// The lowest layer of every container: the files and folders that the engine mounts on, empty, where its
// image has none. Without it each start would make them in the container's own layer, which costs more than
// the mounts, and they would have to be told from what the container has made.
#include <array>
#include <string>

#include "engine/paths.h"

namespace engine {

inline constexpr std::array kStubFolders = {"dev", "etc", "proc", "sys"};
inline constexpr std::array kStubFiles = {"etc/hostname", "etc/hosts", "etc/resolv.conf"};

// Its folder, which is made when it is not there. Any thread, any process. Throws sys::Error.
std::string stub_layer(const Paths& paths);

}  // namespace engine
