#include "compose/cli/container/described_mounts.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "compose/plan/inventory.h"

namespace compose::cli {
namespace {

using engine::MountConfig;
using nlohmann::ordered_json;
using Type = MountConfig::Type;

const char* name_of(Type type) {
  switch (type) {
    case Type::kBind:
      return "bind";
    case Type::kVolume:
      return "volume";
    case Type::kTmpfs:
      return "tmpfs";
    case Type::kImage:
      return "image";
  }
  return "";
}

// Whether SOURCE:TARGET:OPTIONS says all of it.
bool fits_bind(const MountConfig& mount) {
  const bool sourced = (mount.type == Type::kBind || mount.type == Type::kVolume) && !mount.source.empty();
  return sourced && mount.create_host_path && mount.recursive.empty() && mount.subpath.empty() &&
         mount.labels.empty();
}

std::string bind_text(const MountConfig& mount) {
  std::vector<std::string> options;
  if (mount.read_only) options.emplace_back("ro");
  if (mount.nocopy) options.emplace_back("nocopy");
  if (!mount.propagation.empty()) options.push_back(mount.propagation);
  const std::string text = mount.source + ':' + mount.target;
  return options.empty() ? text : text + ':' + join(options, ",");
}

std::string octal(uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%o", mode);
  return text;
}

std::string tmpfs_text(const MountConfig& mount) {
  std::vector<std::string> options = mount.tmpfs_options;
  if (mount.read_only) options.emplace_back("ro");
  if (mount.tmpfs_size != 0) options.push_back("size=" + std::to_string(mount.tmpfs_size));
  if (mount.tmpfs_mode != 0) options.push_back("mode=" + octal(mount.tmpfs_mode));
  return join(options, ",");
}

ordered_json bind_options(const MountConfig& mount) {
  ordered_json options = ordered_json::object();
  if (!mount.propagation.empty()) options["Propagation"] = mount.propagation;
  if (mount.recursive == "disabled") options["NonRecursive"] = true;
  if (mount.recursive == "writable") options["ReadOnlyNonRecursive"] = true;
  if (mount.recursive == "readonly") options["ReadOnlyForceRecursive"] = true;
  if (mount.create_host_path) options["CreateMountpoint"] = true;
  return options;
}

ordered_json volume_options(const MountConfig& mount) {
  ordered_json options = ordered_json::object();
  if (mount.nocopy) options["NoCopy"] = true;
  if (!mount.labels.empty()) options["Labels"] = mount.labels;
  if (!mount.subpath.empty()) options["Subpath"] = mount.subpath;
  return options;
}

ordered_json asked(const MountConfig& mount) {
  ordered_json described{{"Type", name_of(mount.type)}};
  if (!mount.source.empty()) described["Source"] = mount.source;
  described["Target"] = mount.target;
  if (mount.read_only) described["ReadOnly"] = true;
  const auto add = [&](const char* key, ordered_json options) {
    if (!options.empty()) described[key] = std::move(options);
  };
  if (mount.type == Type::kBind) add("BindOptions", bind_options(mount));
  if (mount.type == Type::kVolume) add("VolumeOptions", volume_options(mount));
  if (mount.type == Type::kImage && !mount.subpath.empty()) add("ImageOptions", {{"Subpath", mount.subpath}});
  return described;
}

}  // namespace

void add_asked_mounts(const engine::ContainerConfig& config, ordered_json& host) {
  auto binds = ordered_json::array(), others = ordered_json::array();
  auto tmpfs = ordered_json::object();
  for (const MountConfig& mount : config.mounts) {
    if (mount.type == Type::kTmpfs) {
      tmpfs[mount.target] = tmpfs_text(mount);
    } else if (fits_bind(mount)) {
      binds.push_back(bind_text(mount));
    } else {
      others.push_back(asked(mount));
    }
  }
  host["Binds"] = binds.empty() ? ordered_json(nullptr) : binds;
  if (!others.empty()) host["Mounts"] = others;
  if (!tmpfs.empty()) host["Tmpfs"] = tmpfs;
}

ordered_json mounts_of(const engine::ContainerInfo& container, const engine::ContainerConfig& config) {
  auto mounts = ordered_json::array();
  for (const engine::MountInfo& mount : container.mounts) {
    const auto found = std::find_if(config.mounts.begin(), config.mounts.end(),
                                    [&](const auto& wanted) { return wanted.target == mount.target; });
    const MountConfig wanted = found == config.mounts.end() ? MountConfig() : *found;
    ordered_json described{{"Type", name_of(mount.type)}};
    if (!mount.volume.empty()) described["Name"] = mount.volume;
    const bool within = mount.type == Type::kVolume && !wanted.subpath.empty();
    described["Source"] = within ? mount.source + '/' + wanted.subpath : mount.source;
    described["Destination"] = mount.target;
    if (mount.type == Type::kVolume) described["Driver"] = "local";
    described["Mode"] = mount.read_only ? "ro" : "";
    described["RW"] = !mount.read_only;
    const std::string usual = mount.type == Type::kBind ? "rprivate" : "";
    described["Propagation"] = wanted.propagation.empty() ? usual : wanted.propagation;
    mounts.push_back(std::move(described));
  }
  return mounts;
}

}  // namespace compose::cli
