// What a container has mounted: from what was asked for to records, and from records to the runtime's mounts.
#include <unistd.h>

#include <algorithm>

#include "engine/build/paths.h"
#include "engine/local_engine.h"
#include "engine/volume/device.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace engine {

namespace {

// The mount that a record was made of; null for one of the image's own volumes.
const MountConfig* asked_at(const ContainerConfig& config, const std::string& target) {
  const auto found = std::find_if(config.mounts.begin(), config.mounts.end(),
                                  [&](const MountConfig& mount) { return mount.target == target; });
  return found == config.mounts.end() ? nullptr : &*found;
}

bool is_taken(const ContainerConfig& config, const std::string& target) {
  return asked_at(config, target) != nullptr ||
         std::any_of(config.files.begin(), config.files.end(),
                     [&](const FileConfig& file) { return file.target == target; });
}

void set_device(SpecMount& mount, const VolumeDevice& device) {
  mount.source = device.device;
  mount.options = device.options;
  if (device.bind) {
    mount.recursive = device.recursive ? "enabled" : "disabled";
    mount.read_only = mount.read_only || device.is_read_only();
  } else {
    mount.type = SpecMount::Type::kDevice;
    mount.fs_type = device.type;
  }
}

}  // namespace

void LocalEngine::take_mounts_of_others(ContainerConfig& config) {
  // Of two that have something at one place the later one's counts.
  for (auto lender = config.volumes_from.rbegin(); lender != config.volumes_from.rend(); ++lender) {
    const VolumesFrom& from = *lender;
    const std::optional<ContainerRecord> other = find_container_record(db_, from.container);
    if (!other) {
      throw Error(Error::Kind::kNotFound, "container " + config.name + ": no such container: " +
                                              from.container + ", whose volumes it is to have");
    }
    for (const MountRecord& mount : other->mounts) {
      const bool shared = mount.type == MountConfig::Type::kBind || mount.type == MountConfig::Type::kVolume;
      if (!shared || is_taken(config, mount.target)) continue;
      const MountConfig* asked = asked_at(other->config, mount.target);
      MountConfig taken = asked == nullptr ? MountConfig() : *asked;
      taken.type = mount.type;
      taken.source = mount.source;
      taken.target = mount.target;
      taken.read_only = mount.read_only || from.read_only;
      taken.nocopy = mount.type == MountConfig::Type::kVolume;  // its content is the lender's affair
      config.mounts.push_back(std::move(taken));
    }
  }
}

std::vector<MountRecord> LocalEngine::make_mounts(const ContainerConfig& config, const StoredImage& image,
                                                  std::vector<VolumeRecord>& fresh) {
  std::vector<MountRecord> mounts;
  const auto anonymous_at = [&](const std::string& target, const Labels& labels) {
    const auto inherited = config.inherited_volumes.find(target);
    if (inherited != config.inherited_volumes.end() && find_volume(db_, inherited->second))
      return inherited->second;
    VolumeRecord volume;
    volume.config.name = sys::random_hex(64);
    volume.config.anonymous = true;
    volume.config.labels = labels;
    volume.created_ms = now_ms();
    fresh.push_back(volume);
    return volume.config.name;
  };
  for (const MountConfig& mount : config.mounts) {
    MountRecord record{mount.type, mount.source, mount.target, mount.read_only};
    if (mount.type == MountConfig::Type::kImage) {
      record.source = need_image(mount.source).id;
      record.read_only = true;
    }
    if (mount.type == MountConfig::Type::kVolume) {
      if (mount.source.empty()) {
        record.source = anonymous_at(mount.target, mount.labels);
      } else if (!find_volume(db_, mount.source)) {
        throw Error(Error::Kind::kNotFound, "no such volume: " + mount.source);
      }
    }
    mounts.push_back(std::move(record));
  }
  for (const std::string& path : image.config.volumes) {
    if (path.empty() || path.front() != '/') {
      throw Error(Error::Kind::kInvalid, "container " + config.name + ": the volume '" + path +
                                             "' of image " + config.image + " is not an absolute path");
    }
    const std::string target = build::clean_path(path);
    const bool covered = std::any_of(mounts.begin(), mounts.end(),
                                     [&](const MountRecord& mount) { return mount.target == target; });
    if (!covered) mounts.push_back({MountConfig::Type::kVolume, anonymous_at(target, {}), target, false});
  }
  return mounts;
}

SpecMount LocalEngine::spec_mount(const ContainerRecord& record, const MountRecord& mount) {
  SpecMount wanted;
  wanted.target = mount.target;
  wanted.read_only = mount.read_only;
  wanted.source = mount.source;
  const MountConfig* asked = asked_at(record.config, mount.target);
  if (asked != nullptr) {
    wanted.propagation = asked->propagation;
    wanted.recursive = asked->recursive;
    wanted.idmap = asked->idmap;
    wanted.subpath = asked->subpath;
    wanted.tmpfs_size = asked->tmpfs_size;
    wanted.tmpfs_mode = asked->tmpfs_mode;
    wanted.options = asked->tmpfs_options;
  }
  switch (mount.type) {
    case MountConfig::Type::kBind:
      break;
    case MountConfig::Type::kTmpfs:
      wanted.type = SpecMount::Type::kTmpfs;
      break;
    case MountConfig::Type::kImage:
      wanted.type = SpecMount::Type::kLayers;
      wanted.lower_dirs = need_image(mount.source).lower_dirs;
      wanted.source = '/' + std::exchange(wanted.subpath, {});
      break;
    case MountConfig::Type::kVolume: {
      std::optional<VolumeRecord> volume;
      db_.read([&] { volume = find_volume(db_, mount.source); });
      const std::optional<VolumeDevice> device = volume ? volume_device(volume->config) : std::nullopt;
      wanted.source = paths_.volume(mount.source) + "/_data";
      if (device) set_device(wanted, with_address(*device));
      break;
    }
  }
  return wanted;
}

void LocalEngine::check_devices(const ContainerRecord& record) {
  for (const MountRecord& mount : record.mounts) {
    if (mount.type != MountConfig::Type::kVolume) continue;
    std::vector<std::string> users;
    std::optional<VolumeDevice> device;
    db_.read([&] {
      const std::optional<VolumeRecord> volume = find_volume(db_, mount.source);
      if (volume) device = volume_device(volume->config);
      if (device && device->is_memory()) users = volume_users(db_, mount.source);
    });
    if (device && device->bind && ::access(device->device.c_str(), F_OK) != 0) {
      throw Error(Error::Kind::kInvalid, "volume " + mount.source + ": its device " + device->device +
                                             " does not exist; make that folder, or change driver_opts");
    }
    for (const std::string& user : users) {
      if (user == record.config.name) continue;
      const ContainerInfo other = *find_container(user);
      if (!has_program(other.status)) continue;
      throw Error(Error::Kind::kConflict,
                  "volume " + mount.source + " is a " + device->type + ", which container " + user +
                      " has now; containers cannot share one here, since each mounts it in its own mount "
                      "namespace. Use a volume without driver_opts");
    }
  }
}

std::string LocalEngine::kept_file(const ContainerRecord& record, size_t index) const {
  return paths_.container(record.id) + "/files/" + std::to_string(index);
}

void LocalEngine::keep_files(const ContainerRecord& record, const ContainerConfig& asked) {
  if (asked.files.empty()) return;
  sys::make_dirs(paths_.container(record.id) + "/files", 0700);
  for (size_t i = 0; i < asked.files.size(); ++i) {
    const FileConfig& file = asked.files[i];
    sys::write_file_atomic(kept_file(record, i),
                           file.source.empty() ? file.content : sys::read_file(file.source), 0600);
  }
}

}  // namespace engine
