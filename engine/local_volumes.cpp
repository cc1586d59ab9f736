// Volumes: records, folders, first filling.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "engine/local_engine.h"
#include "engine/volume/device.h"
#include "engine/volume/populate.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/random.h"

namespace engine {

namespace {

// The folder of a removed volume until its files are gone; no volume's name begins with a dot.
constexpr char kDiscarded[] = ".removed-";

// A disk that the administrator has mounted at a volume's folder is one more place without names in common
// with what is beside it.
bool is_mounted(const std::string& data, const std::string& folder) {
  struct stat inner {
  }, outer{};
  sys::check(::stat(data.c_str(), &inner), "stat", data);
  sys::check(::stat(folder.c_str(), &outer), "stat", folder);
  return inner.st_dev != outer.st_dev;
}

void check_config(const VolumeConfig& config) {
  if (config.driver != "local") {
    throw Error(Error::Kind::kInvalid,
                "volume " + config.name + ": driver '" + config.driver + "' is not supported yet; use local");
  }
  check_volume_device(config);
  const bool safe =
      config.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
      std::string::npos;
  if (!safe || config.name.front() == '.' || config.name.front() == '-') {
    throw Error(Error::Kind::kInvalid,
                "volume name '" + config.name +
                    "' may only hold letters, digits, '_', '.', '-' and must begin with a letter, "
                    "digit or '_'");
  }
}

}  // namespace

std::vector<VolumeInfo> LocalEngine::volumes() {
  std::vector<VolumeInfo> infos;
  db_.read([&] {
    for (const VolumeRecord& record : list_volumes(db_)) {
      infos.push_back({record.config.name, record.config.driver, paths_.volume(record.config.name) + "/_data",
                       record.config.labels, record.config.anonymous, record.created_ms,
                       record.config.driver_opts});
    }
  });
  return infos;
}

VolumeInfo LocalEngine::create_volume(const VolumeConfig& config) {
  VolumeRecord record{config, now_ms()};
  if (record.config.name.empty()) {
    record.config.name = sys::random_hex(64);
    record.config.anonymous = true;
  }
  check_config(record.config);
  db_.write([&] {
    if (find_volume(db_, record.config.name)) {
      throw Error(Error::Kind::kConflict, "volume " + record.config.name + " already exists");
    }
    insert_volume(db_, record);
  });
  const std::string data = paths_.volume(record.config.name) + "/_data";
  sys::make_dirs(data);
  note_volume("create", record.config.name);
  return {record.config.name, record.config.driver,     data, record.config.labels, record.config.anonymous,
          record.created_ms,  record.config.driver_opts};
}

void LocalEngine::remove_volume(const std::string& name) {
  std::string doomed;
  db_.write([&] {
    if (!find_volume(db_, name)) return;
    const std::vector<std::string> users = volume_users(db_, name);
    if (!users.empty()) {
      throw Error(Error::Kind::kConflict, "volume " + name + " is in use by container " + users.front());
    }
    doomed = discard_volume(name);
  });
  if (doomed.empty()) return;
  sys::remove_tree(doomed);
  note_volume("destroy", name);
}

// Within a transaction: nobody can come to use the volume, or make one of this name, in between.
std::string LocalEngine::discard_volume(const std::string& name) {
  const std::string doomed = paths_.data_root + "/volumes/" + sys::own_name(kDiscarded);
  if (::rename(paths_.volume(name).c_str(), doomed.c_str()) != 0 && errno != ENOENT)
    sys::fail("rename", paths_.volume(name));
  delete_volume(db_, name);
  return doomed;
}

void LocalEngine::remove_discarded_volumes() {
  const std::string folder = paths_.data_root + "/volumes";
  std::vector<std::string> doomed;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::optional<sys::ProcessId> owner = sys::owner_of_name(entry->d_name, kDiscarded);
    if (owner && !sys::is_alive(*owner)) doomed.push_back(folder + '/' + entry->d_name);
  }
  for (const std::string& path : doomed) sys::remove_tree(path);
}

void LocalEngine::fill_volumes(const ContainerRecord& record, const StoredImage& image) {
  if (image.lower_dirs.empty()) return;
  sys::Fd root;
  for (const MountRecord& mount : record.mounts) {
    if (mount.type != MountConfig::Type::kVolume) continue;
    sys::make_dirs(paths_.volume(mount.source) + "/_data");
    const auto config =
        std::find_if(record.config.mounts.begin(), record.config.mounts.end(),
                     [&](const MountConfig& candidate) { return candidate.target == mount.target; });
    if (config != record.config.mounts.end() && (config->nocopy || !config->subpath.empty())) continue;
    if (!root) root = merged_view(image.lower_dirs);
    const sys::Fd from = image_folder(root, mount.target);
    if (from) fill_volume(mount.source, from);
  }
}

void LocalEngine::fill_volume(const std::string& name, const sys::Fd& from) {
  std::optional<VolumeRecord> volume;
  db_.read([&] { volume = find_volume(db_, name); });
  const std::optional<VolumeDevice> device = volume ? volume_device(volume->config) : std::nullopt;
  // What is put into memory now is not there when it is mounted.
  if (device && (device->is_memory() || device->is_read_only())) return;
  const std::string folder = paths_.volume(name);
  const sys::FileLock lock = sys::FileLock::acquire(folder + "/.fill.lock");
  std::string data = folder + "/_data";
  sys::Fd mounted;
  try {
    if (device && device->bind) {
      data = device->device;
      if (::access(data.c_str(), F_OK) != 0) return;  // told when the container is started
    } else if (device) {
      mounted = mount_device(with_address(*device));
      data = "/proc/self/fd/" + std::to_string(mounted.get());
    }
    const bool beside = !device && !is_mounted(data, folder);
    Filling filling(data, beside ? folder + "/_fill" : data + "/.compose-fill");
    if (filling.is_due()) filling.fill(from);
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kUnavailable, "cannot fill volume " + name + " with what the image has there: " +
                                               error.what() + "; a volume with nocopy stays empty");
  }
}

}  // namespace engine
