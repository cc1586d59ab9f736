// What is mounted into the container: `volumes` and `tmpfs`.
#include <algorithm>
#include <filesystem>

#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/paths.h"
#include "parser/units.h"
#include "parser/volume_syntax.h"

namespace parser {

namespace {

using Type = VolumeMount::Type;

struct Kind {
  std::string_view name;
  Type type;
  const char* part;    // the map of its options
  const char* source;  // what `source` is, where there must be one; null: may be left out
};
constexpr Kind kKinds[] = {{"bind", Type::kBind, "bind", "the path on the host"},
                           {"volume", Type::kVolume, "volume", nullptr},
                           {"tmpfs", Type::kTmpfs, "tmpfs", nullptr},
                           {"image", Type::kImage, "image", "the image"},
                           {"cluster", Type::kCluster, "", "the name of the cluster volume"},
                           {"npipe", Type::kNamedPipe, "", "the path of the pipe"}};

void check_subpath(const Section& part, std::string& into) {
  const Node* node = part.find("subpath");
  if (node == nullptr) return;
  into = node->text;
  const std::string normal = std::filesystem::path(into).lexically_normal().string();
  if (normal.rfind('/', 0) == 0 || normal == ".." || normal.rfind("../", 0) == 0)
    part.error_at("subpath", "'" + into + "' leads out of what is mounted",
                  "write a path relative to its root");
}

void read_bind(const Section& part, VolumeMount& mount) {
  if (const Node* propagation = part.find("propagation");
      propagation != nullptr && !propagation->text.empty())
    part.reader().guard(*propagation, part.place("propagation"), [&] {
      check_propagation(propagation->text);
      mount.propagation = propagation->text;
    });
  part.flag("create_host_path", mount.create_host_path);
  part.choice("recursive", "recursive", mount.recursive, {"enabled", "disabled", "writable", "readonly"});
  part.choice("selinux", "selinux", mount.selinux, {"z", "Z"});
  if (const Node* idmap = part.find("x-idmap"))
    part.reader().guard(*idmap, part.place("x-idmap"), [&] { mount.idmap = parse_id_map(*idmap); });
}

void read_part(const Section& part, VolumeMount& mount) {
  mount.part_extensions = part.extensions();
  switch (mount.type) {
    case Type::kBind:
      read_bind(part, mount);
      break;
    case Type::kVolume:
      part.flag("nocopy", mount.nocopy);
      part.map("labels", mount.labels);
      check_subpath(part, mount.subpath);
      break;
    case Type::kTmpfs:
      part.bytes("size", mount.tmpfs_size);
      if (const Node* mode = part.find("mode"))
        mount.tmpfs_mode = part.reader().mode(*mode, part.place("mode"));
      break;
    case Type::kImage:
      check_subpath(part, mount.subpath);
      break;
    case Type::kCluster:
    case Type::kNamedPipe:
      break;
  }
}

void read_parts(const Section& section, const Kind& kind, VolumeMount& mount) {
  for (const char* name : {"bind", "volume", "tmpfs", "image"}) {
    const Node* node = section.find(name);
    if (node == nullptr) continue;
    if (name == std::string_view(kind.part)) {
      section.sub(name, [&](const Section& part) { read_part(part, mount); });
      continue;
    }
    // The short form of a named volume may ask for SELinux labels ("data:/data:z").
    const Node* selinux = mount.type == Type::kVolume ? node->find("selinux") : nullptr;
    if (selinux != nullptr && node->entries.size() == 1)
      section.sub(name, [&](const Section& part) {
        part.choice("selinux", "selinux", mount.selinux, {"z", "Z"});
      });
    else
      section.reader().report().warning(
          node->mark(), section.path().to_string(),
          "'" + std::string(name) + "' does not go with a mount of type " + std::string(kind.name),
          "remove it, it means nothing here");
  }
}

// Without ".", ".." and doubled slashes, so that one place has one name.
std::string clean_target(const std::string& target) {
  return absolute_path(target, "/");
}

void check_target(const std::string& target) {
  if (target.empty() || target[0] != '/')
    throw ValueError("mount target '" + target + "' is not an absolute path of the container");
  if (clean_target(target) == "/")
    throw ValueError("the root of the container cannot be a mount target", "mount a folder below '/'");
}

void read_source(const Section& section, const Kind& kind, VolumeMount& mount) {
  const Node* source = section.find("source");
  if (source == nullptr || source->text.empty()) {
    if (kind.source != nullptr && !section.node().damaged)
      section.error(std::string(kind.name) + " mount without 'source', " + kind.source);
  } else if (mount.type == Type::kTmpfs) {
    section.error_at("source", "a tmpfs has no 'source'");
  } else {
    mount.source = source->text;
  }
}

VolumeMount read_mount(const Section& section) {
  VolumeMount mount;
  mount.mark = section.node().mark();
  const Node* type = section.find("type");
  section.require("type", "mount without 'type'", "it is bind, volume, tmpfs, image, cluster or npipe");
  if (type == nullptr) return mount;
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [type](const Kind& candidate) { return candidate.name == type->text; });
  if (kind == std::end(kKinds)) {
    section.error_at("type", "unknown type '" + type->text + "' of a mount",
                     did_you_mean(type->text, {"bind", "volume", "tmpfs", "image", "cluster", "npipe"}));
    return mount;
  }
  mount.type = kind->type;
  read_source(section, *kind, mount);
  section.require("target", "mount without 'target', the path in the container");
  if (const Node* target = section.find("target"))
    section.reader().guard(*target, section.place("target"), [&] {
      check_target(target->text);
      mount.target = clean_target(target->text);
    });
  section.flag("read_only", mount.read_only);
  if (const Node* consistency = section.find("consistency"); consistency != nullptr)
    section.reader().guard(*consistency, section.place("consistency"), [&] {
      check_consistency(consistency->text);
      mount.consistency = consistency->text;
    });
  read_parts(section, *kind, mount);
  mount.extensions = section.extensions();
  return mount;
}

// tmpfs(5), mount(8): options without a value.
const std::vector<std::string>& tmpfs_flags() {
  static const std::vector<std::string> kAll = {
      "ro",         "rw",       "exec",       "noexec",      "suid",          "nosuid",   "dev",
      "nodev",      "sync",     "async",      "dirsync",     "atime",         "noatime",  "diratime",
      "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime", "defaults", "swap",
      "noswap"};
  return kAll;
}
const std::vector<std::string>& tmpfs_settings() {
  static const std::vector<std::string> kAll = {"size",      "mode",      "uid",  "gid",
                                                "nr_inodes", "nr_blocks", "mpol", "huge"};
  return kAll;
}

void check_count(const std::string& name, const std::string& value) {
  const auto number = read_integer(value);
  if (!number || *number < 0)
    throw ValueError("'" + name + "' must be a whole number, 0 or more, not '" + value + "'");
}

bool is_percentage(const std::string& value) {
  if (value.empty() || value.back() != '%') return false;
  const auto number = read_integer(value.substr(0, value.size() - 1));
  return number && *number >= 0;
}

void apply_tmpfs_option(const std::string& option, VolumeMount& mount) {
  const size_t equals = option.find('=');
  const std::string name = option.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
  if (option == "ro" || option == "rw") {
    mount.read_only = option == "ro";
  } else if (name == "size" && !is_percentage(value)) {
    mount.tmpfs_size = parse_bytes(value);
  } else if (name == "mode") {
    mount.tmpfs_mode = parse_octal_mode(value);
  } else {
    std::vector<std::string> known = tmpfs_settings();
    if (equals == std::string::npos) known.insert(known.begin(), tmpfs_flags().begin(), tmpfs_flags().end());
    check_word("tmpfs option", name, known,
               "known are size, mode, uid, gid, nr_inodes, nr_blocks, ro, noexec, ...");
    if (name == "uid" || name == "gid") check_count(name, value);
    if (name == "nr_inodes" || name == "nr_blocks") parse_bytes(value);
    mount.tmpfs_options.push_back(option);
  }
}

}  // namespace

void read_mounts(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Path path = at.path.index(i);
    at.service.volumes.push_back(read_mount(Section(at.reader, at.node.items[i], path)));
  }
}

void read_tmpfs(const At& at) {
  at.each([&](const Node& item) {
    VolumeMount mount;
    mount.type = Type::kTmpfs;
    mount.mark = item.mark();
    mount.short_tmpfs = item.text;
    const size_t colon = item.text.find(':');
    check_target(item.text.substr(0, colon));
    mount.target = clean_target(item.text.substr(0, colon));
    std::string rest = colon == std::string::npos ? "" : item.text.substr(colon + 1);
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      apply_tmpfs_option(rest.substr(0, comma), mount);
      rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    }
    at.service.volumes.push_back(std::move(mount));
  });
}

}  // namespace parser
