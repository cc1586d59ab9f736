#pragma once
// Names in archives: hostile until checked here.
#include <string>
#include <string_view>

namespace engine {

inline constexpr std::string_view kWhiteoutPrefix = ".wh.";
inline constexpr std::string_view kOpaqueName = ".wh..wh..opq";

// `name` fit for a terminal: quoted, control characters and quotes escaped, cut when long.
std::string quoted(std::string_view name);

[[noreturn]] void refuse_entry(const std::string& name, const std::string& why);

// The name of an entry, or the target of a hard link, as a relative path without "." and empty parts; "" for
// the root. Refuses absolute names, "..", too deep and too long ones: throws engine::Error(kInvalid) naming
// `entry`.
std::string checked_path(const std::string& entry, const std::string& name);

// Refuses a symbolic link at `path` that the kernel would. Where its target leads, "../.." above the root
// too, is the container's affair: we keep it as text and follow none.
void check_symlink_target(const std::string& path, const std::string& target);

// True for names that mean a whiteout in a layer.
bool is_whiteout_name(std::string_view base);

std::string parent_of(const std::string& path);
std::string base_of(const std::string& path);

}  // namespace engine
