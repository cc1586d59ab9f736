#include "engine/image/entry_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/image/tree_walk.h"

namespace engine {

namespace {

// Calls `part` for each piece between slashes.
template <typename F>
void for_each_part(std::string_view path, F part) {
  for (size_t start = 0; start <= path.size();) {
    const size_t slash = std::min(path.find('/', start), path.size());
    part(path.substr(start, slash - start));
    start = slash + 1;
  }
}

}  // namespace

std::string quoted(std::string_view name) {
  constexpr size_t kShown = 200;
  std::string text = "\"";
  for (const char c : name.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  if (name.size() > kShown) text += "...";
  return text + '"';
}

void refuse_entry(const std::string& name, const std::string& why) {
  throw Error(Error::Kind::kInvalid, "archive entry " + quoted(name) + ": " + why);
}

std::string checked_path(const std::string& entry, const std::string& name) {
  const std::string what = entry == name ? "the name" : "the link target " + quoted(name);
  if (name.empty()) refuse_entry(entry, what + " is empty");
  if (name.front() == '/') refuse_entry(entry, what + " is absolute");
  std::string path;
  size_t depth = 0;
  for_each_part(name, [&](std::string_view part) {
    if (part.empty() || part == ".") return;
    if (part == "..") refuse_entry(entry, what + " contains \"..\"");
    if (++depth > kMaxDepth) {
      refuse_entry(entry, what + " lies deeper than " + std::to_string(kMaxDepth) + " folders");
    }
    if (part.size() > 255) refuse_entry(entry, what + " has a part longer than 255 bytes");
    if (!path.empty()) path += '/';
    path += part;
  });
  if (path.size() > kMaxPath) refuse_entry(entry, what + " is too long");
  return path;
}

void check_symlink_target(const std::string& path, const std::string& target) {
  if (target.empty()) refuse_entry(path, "the symbolic link has no target");
  if (target.size() > kMaxPath) refuse_entry(path, "the symbolic link's target is too long");
}

bool is_whiteout_name(std::string_view base) {
  return base.substr(0, kWhiteoutPrefix.size()) == kWhiteoutPrefix;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string base_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace engine
