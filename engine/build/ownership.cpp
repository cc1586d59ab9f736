#include "engine/build/ownership.h"

#include <charconv>
#include <optional>
#include <vector>

#include "engine/error.h"

namespace engine::build {
namespace {

using Fields = std::vector<std::string>;

std::optional<uint32_t> parse_id(const std::string& text) {
  uint32_t id = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id);
  // (uid_t)-1 means "leave as it is" to chown(2).
  if (error != std::errc() || stop != end || text.empty() || id == UINT32_MAX) return std::nullopt;
  return id;
}

Fields split(const std::string& text, char separator) {
  Fields out;
  size_t at = 0;
  for (;;) {
    const size_t end = text.find(separator, at);
    out.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    if (end == std::string::npos) return out;
    at = end + 1;
  }
}

// The first line of a colon separated file whose field number `field` is `value`.
std::optional<Fields> entry(const LayeredView& image, const std::string& file, size_t field,
                            const std::string& value) {
  const auto text = image.read_file(file);
  if (!text) return std::nullopt;
  for (const std::string& line : split(*text, '\n')) {
    Fields fields = split(line, ':');
    if (fields.size() > field && fields.size() >= 3 && fields[field] == value) return fields;
  }
  return std::nullopt;
}

[[noreturn]] void unknown(const std::string& what, const std::string& name, const std::string& file) {
  throw Error(Error::Kind::kInvalid, "no " + what + " '" + name + "' in " + file + " of the image");
}

}  // namespace

Owner resolve_owner(const std::string& spec, const LayeredView& image) {
  const size_t colon = spec.find(':');
  const std::string user = spec.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : spec.substr(colon + 1);
  Owner owner;
  if (const auto id = parse_id(user)) {
    owner.uid = owner.gid = *id;
  } else if (!user.empty()) {
    const auto line = entry(image, "/etc/passwd", 0, user);
    const auto uid = line ? parse_id((*line)[2]) : std::nullopt;
    if (!uid) unknown("user", user, "/etc/passwd");
    owner.uid = *uid;
    owner.gid = line->size() > 3 ? parse_id((*line)[3]).value_or(*uid) : *uid;
  }
  if (group.empty()) return owner;
  if (const auto id = parse_id(group)) {
    owner.gid = *id;
    return owner;
  }
  const auto line = entry(image, "/etc/group", 0, group);
  const auto gid = line ? parse_id((*line)[2]) : std::nullopt;
  if (!gid) unknown("group", group, "/etc/group");
  owner.gid = *gid;
  return owner;
}

std::string home_of(const std::string& user, const LayeredView& image) {
  const std::string name = user.empty() ? "0" : user.substr(0, user.find(':'));
  const bool numeric = parse_id(name).has_value();
  const auto line = entry(image, "/etc/passwd", numeric ? 2 : 0, name);
  if (line && line->size() > 5 && !(*line)[5].empty()) return (*line)[5];
  return name == "0" || name == "root" ? "/root" : "/";
}

}  // namespace engine::build
