#include "parser/volume_syntax.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "parser/units.h"

namespace parser {

namespace {

const std::vector<std::string>& propagations() {
  static const std::vector<std::string> kAll = {"private", "rprivate", "shared",
                                                "rshared", "slave",    "rslave"};
  return kAll;
}
const std::vector<std::string>& consistencies() {
  static const std::vector<std::string> kAll = {"cached", "delegated", "consistent", "default"};
  return kAll;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// C:\dir, or C:/dir:/target; but c:/target is the volume `c`.
bool is_windows_path(const std::string& text) {
  if (text.size() < 3 || std::isalpha(static_cast<unsigned char>(text[0])) == 0 || text[1] != ':')
    return false;
  return text[2] == '\\' || (text[2] == '/' && text.find(":/", 2) != std::string::npos);
}

Node word(const std::string& text, Location at, bool plain = false) {
  Node node = Node::scalar(text, at);
  node.plain = plain;
  return node;
}

// Appends `key: value` to the map `name` inside `mount`.
void set_in(Node& mount, const char* name, const char* key, Node value) {
  const Location at = mount.at;
  if (mount.find(name) == nullptr) mount.set(name, at, Node::map(at));
  mount.find(name)->set(key, at, std::move(value));
}

void apply_option(Node& mount, const std::string& option, bool bind) {
  const Location at = mount.at;
  if (option == "ro" || option == "rw") {
    mount.set("read_only", at, word(option == "ro" ? "true" : "false", at, true));
  } else if (option == "nocopy") {
    if (bind) throw ValueError("'nocopy' is for volumes, this is a bind mount");
    set_in(mount, "volume", "nocopy", word("true", at, true));
  } else if (option == "z" || option == "Z") {
    set_in(mount, "bind", "selinux", word(option, at));
  } else if (option == "idmap") {
    if (!bind) throw ValueError("'idmap' is for bind mounts, this is a volume");
    set_in(mount, "bind", "x-idmap", word("true", at, true));
  } else if (contains(consistencies(), option)) {
    mount.set("consistency", at, word(option, at));
  } else if (contains(propagations(), option)) {
    if (!bind) throw ValueError("'" + option + "' is for bind mounts, this is a volume");
    set_in(mount, "bind", "propagation", word(option, at));
  } else {
    std::vector<std::string> known = propagations();
    known.insert(known.end(), {"ro", "rw", "nocopy", "idmap", "z", "Z"});
    const std::string hint = did_you_mean(option, known);
    throw ValueError("unknown mount option '" + option + "'",
                     hint.empty() ? "known are ro, rw, z, Z, nocopy, idmap and the propagations" : hint);
  }
}

}  // namespace

std::string parse_id_map(const Node& value) {
  if (!value.is_scalar()) throw ValueError("'x-idmap' must be true, or ids: \"1000:33\"");
  if (value.plain && (value.text == "true" || value.text == "false"))
    return value.text == "true" ? "owner" : "";
  const std::vector<std::string> pairs = split(value.text, ',');
  const auto is_id = [](const std::string& text) {
    return !text.empty() && text.size() < 11 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const bool good =
      pairs.size() <= 2 && std::all_of(pairs.begin(), pairs.end(), [&](const std::string& pair) {
        const std::vector<std::string> ids = split(pair, ':');
        return ids.size() == 2 && is_id(ids[0]) && is_id(ids[1]);
      });
  if (!good)
    throw ValueError(
        "'" + value.text + "' is no id map",
        "write true, or an id of the host and one of the container: \"1000:33\"; the group's after a "
        "comma when they differ: \"1000:33,1000:0\"");
  return value.text;
}

void check_propagation(const std::string& word) {
  if (!contains(propagations(), word))
    throw ValueError("unknown propagation '" + word + "'", did_you_mean(word, propagations()));
}

void check_consistency(const std::string& word) {
  if (!contains(consistencies(), word))
    throw ValueError("unknown consistency '" + word + "'", did_you_mean(word, consistencies()));
}

Node parse_mount(const Node& item) {
  const std::string& text = item.text;
  if (is_windows_path(text)) throw ValueError("Windows path in '" + text + "' is not supported");
  const std::vector<std::string> parts = split(text, ':');
  constexpr size_t kMostParts = 3;
  const bool has_source = parts.size() > 1;
  const std::string source = has_source ? parts[0] : "";
  const std::string target = parts[has_source ? 1 : 0];
  if (parts.size() > kMostParts || target.empty() || (has_source && source.empty()))
    throw ValueError("invalid mount '" + text + "'",
                     "write [source:]target[:options]: \"data:/var/lib/data:ro\"");
  if (target[0] != '/')
    throw ValueError("mount target '" + target + "' is not an absolute path of the container",
                     has_source ? "" : "a mount is written source:target");

  const bool bind = has_source && (source[0] == '.' || source[0] == '/' || source[0] == '~');
  Node mount = Node::map(item.at);
  mount.set("type", item.at, word(bind ? "bind" : "volume", item.at));
  if (has_source) mount.set("source", item.at, word(source, item.at));
  mount.set("target", item.at, word(target, item.at));
  if (bind) set_in(mount, "bind", "create_host_path", word("true", item.at, true));
  if (parts.size() == kMostParts)
    for (const std::string& option : split(parts[2], ',')) apply_option(mount, option, bind);
  return mount;
}

}  // namespace parser
