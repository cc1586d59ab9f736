#include "engine/local_engine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "engine/bundled_image.h"
#include "engine/container/cgroup.h"
#include "engine/container/run_files.h"
#include "engine/image/reference.h"
#include "engine/network_of_record.h"
#include "netmgr/driver.h"
#include "sys/background.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr mode_t kFormerRootMode = 0711;  // that earlier versions gave to both roots

// Looked at before it is made, as it is there already with every command but the first.
std::optional<mode_t> mode_of(const std::string& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return status.st_mode & 07777;
}

// Closed to other users: layers, containers and volumes hold set-uid programs and device nodes that mean
// something in a container only, and the database holds passwords.
void make_private(const std::string& folder) {
  const std::optional<mode_t> mode = mode_of(folder);
  if (!mode) {
    sys::make_dirs(folder, 0700);
  } else if ((*mode & 077) != 0) {
    sys::check(::chmod(folder.c_str(), 0700), "chmod", folder);
  }
}

// A root the user has made keeps its mode: it may be shared with others.
void make_root(const std::string& folder) {
  const std::optional<mode_t> mode = mode_of(folder);
  if (mode == kFormerRootMode) sys::check(::chmod(folder.c_str(), 0700), "chmod", folder);
  if (mode) return;
  const size_t slash = folder.find_last_of('/');
  if (slash != std::string::npos && slash > 0) sys::make_dirs(folder.substr(0, slash));
  sys::make_dirs(folder, 0700);
}

// The folders must be there before the database is opened inside them.
const Paths& with_folders(const Paths& paths) {
  try {
    make_root(paths.data_root);
    make_root(paths.run_root);
    for (const char* name : {"/containers", "/layers", "/volumes", "/tmp", "/images"})
      make_private(paths.data_root + name);
    for (const char* name : {"/c", "/b", "/n", "/locks", "/events"}) make_private(paths.run_root + name);
    make_private(paths.blobs());
    // SQLite gives its other files the mode of this one.
    const sys::Fd database = sys::open(paths.database(), O_RDONLY | O_CREAT, 0600);
    sys::check(::fchmod(database.get(), 0600), "chmod", paths.database());
  } catch (const sys::Error& error) {
    const std::string way_out =
        ::geteuid() == 0 ? "" : "; run as root, or choose other places with --data-root and --run-root";
    throw Error(Error::Kind::kDenied, std::string("cannot use the state folders: ") + error.what() + way_out);
  }
  return paths;
}

size_t count_entries(const std::string& folder) {
  size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) count += entry->d_name[0] != '.' ? 1 : 0;
  return count;
}

// To a new database everything that lies beside it would be unclaimed, and so be swept away. A database that
// is lost must not take along what it described.
void refuse_lost_database(const Paths& paths) {
  const size_t containers = count_entries(paths.data_root + "/containers"),
               layers = count_entries(paths.data_root + "/layers");
  if (containers == 0 && layers == 0) return;
  throw Error(Error::Kind::kUnavailable,
              "the state database is missing, but beside it lie " + std::to_string(containers) +
                  " containers and " + std::to_string(layers) +
                  " image layers; nothing was touched. Put the database back from a copy; or, to start over, "
                  "remove 'containers', 'layers' and 'images' in " +
                  paths.data_root +
                  ". Leave 'volumes': a volume made again under its name has its files again");
}

[[noreturn]] void no_such_container(const std::string& id_or_name) {
  throw Error(Error::Kind::kNotFound, "no such container: " + id_or_name);
}

}  // namespace

LocalEngine::LocalEngine(const Paths& paths, std::vector<std::string> exit_hook,
                         std::shared_ptr<EarlyStart> early)
    : paths_(with_folders(paths)),
      exit_hook_(std::move(exit_hook)),
      db_(paths.database(), [&paths] { refuse_lost_database(paths); }),
      images_(db_, paths),
      early_(std::move(early)) {
  images_.on_find([this](const std::string& reference) { provide(reference); });
}

LocalEngine::~LocalEngine() {
  settle();
}

void LocalEngine::note_stopped(const std::string& id) {
  const std::lock_guard lock(stopped_mutex_);
  stopped_.insert(id);
}

void LocalEngine::settle() noexcept {
  db_.settle();
  {
    const std::lock_guard lock(network_mutex_);
    sys::reap_ended(link_enders_);
  }
  const std::lock_guard lock(stopped_mutex_);
  for (const std::string& id : stopped_) sync_status(paths_.container(id));
  stopped_.clear();
}

void end_network_link(const std::string& name) {
  netmgr::end_link(name);
}

void LocalEngine::provide(const std::string& reference) {
  if (!is_bundled(reference)) return;
  const std::lock_guard lock(bundle_mutex_);
  if (std::exchange(is_provided_, true)) return;
  try {
    provide_bundled(images_);
  } catch (...) {
    is_provided_ = false;
    throw;
  }
}

std::unique_ptr<Engine> open_local_engine(const Paths& paths, std::vector<std::string> exit_hook,
                                          std::shared_ptr<EarlyStart> early) {
  return std::make_unique<LocalEngine>(paths, std::move(exit_hook), std::move(early));
}

std::unique_ptr<Engine> open_local_engine(const Paths& paths, std::vector<std::string> exit_hook) {
  return open_local_engine(paths, std::move(exit_hook), std::make_shared<EarlyStart>());
}

Status LocalEngine::status_of(const std::string& container_id) {
  return read_status(paths_.container(container_id));
}

ContainerRecord LocalEngine::need_container(const std::string& id_or_name) {
  std::optional<ContainerRecord> record;
  db_.read([&] { record = find_container_record(db_, id_or_name); });
  if (!record) no_such_container(id_or_name);
  return std::move(*record);
}

ContainerListing LocalEngine::need_listing(const std::string& id_or_name) {
  std::optional<ContainerListing> listing;
  db_.read([&] { listing = find_container_listing(db_, id_or_name); });
  if (!listing) no_such_container(id_or_name);
  return std::move(*listing);
}

StoredImage LocalEngine::need_image(const std::string& reference) {
  std::optional<StoredImage> image = images_.find(reference);
  if (!image) {
    throw Error(Error::Kind::kNotFound,
                "no such image: " + reference + "; build it, or bring it in with 'compose image import'");
  }
  return std::move(*image);
}

StoredImage LocalEngine::image_of(const ContainerRecord& record) {
  {
    const std::lock_guard lock(images_mutex_);
    if (const auto found = images_in_use_.find(record.image_id); found != images_in_use_.end())
      return found->second;
  }
  StoredImage image = need_image(record.image_id);
  keep_image(image);
  return image;
}

void LocalEngine::keep_image(const StoredImage& image) {
  const std::lock_guard lock(images_mutex_);
  images_in_use_.emplace(image.id, image);
}

ContainerInfo LocalEngine::describe(ContainerListing listing, const std::vector<NetworkRecord>& networks) {
  ContainerInfo info;
  info.status = status_of(listing.id);
  info.log_path = paths_.container(listing.id) + "/container.log";
  info.id = std::move(listing.id);
  info.name = std::move(listing.name);
  info.image = std::move(listing.image);
  info.image_id = std::move(listing.image_id);
  info.command = std::move(listing.command);
  info.created_ms = listing.created_ms;
  info.labels = std::move(listing.config.labels);
  // What a running container publishes is what it holds; of another one it can only be told what it will ask
  // for.
  info.ports = std::move(goes_on(info.status) ? listing.ports : listing.config.ports);
  info.expose = std::move(listing.config.expose);
  info.log_driver = std::move(listing.config.log_driver);
  for (const EndpointRecord& endpoint : listing.endpoints) {
    const auto network = std::find_if(networks.begin(), networks.end(), [&](const NetworkRecord& candidate) {
      return candidate.id == endpoint.network_id;
    });
    if (network == networks.end()) continue;
    const netmgr::Network place = to_netmgr(*network);
    EndpointInfo shown;
    shown.network = network->config.name;
    shown.network_id = network->id;
    shown.address = endpoint.address;
    shown.prefix = netmgr::prefix_of(place, endpoint.address);
    shown.gateway = gateway_of(network->config, endpoint.address);
    shown.mac = endpoint.mac;
    shown.aliases = endpoint.aliases;
    shown.address6 = endpoint.address6;
    shown.prefix6 = netmgr::prefix_of(place, endpoint.address6);
    shown.gateway6 = gateway_of(network->config, endpoint.address6);
    info.endpoints.push_back(std::move(shown));
  }
  for (const MountRecord& mount : listing.mounts) {
    MountInfo described;
    described.type = mount.type;
    described.target = mount.target;
    described.read_only = mount.read_only;
    described.source = mount.source;
    if (mount.type == MountConfig::Type::kImage) described.volume = mount.source;
    if (mount.type == MountConfig::Type::kVolume) {
      described.volume = mount.source;
      described.source = paths_.volume(mount.source) + "/_data";
      const auto volume = find_volume(db_, mount.source);
      described.anonymous = volume && volume->config.anonymous;
    }
    info.mounts.push_back(std::move(described));
  }
  return info;
}

std::vector<ContainerInfo> LocalEngine::containers(const std::string& project) {
  std::vector<ContainerInfo> infos;
  db_.read([&] {
    const std::vector<NetworkRecord> networks = list_networks(db_);
    const std::optional<std::string> wanted = project.empty() ? std::nullopt : std::optional(project);
    for (ContainerListing& listing : container_listings(db_, wanted))
      infos.push_back(describe(std::move(listing), networks));
  });
  return infos;
}

Usage LocalEngine::container_usage(const std::string& id) {
  const ContainerRecord record = need_container(id);
  const Status status = status_of(record.id);
  return goes_on(status) ? usage_of(Cgroup(cgroup_path(record)), status.process.pid) : Usage();
}

std::vector<Process> LocalEngine::container_processes(const std::string& id) {
  const ContainerRecord record = need_container(id);
  if (!goes_on(status_of(record.id)))
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " is not running");
  return processes_of(Cgroup(cgroup_path(record)));
}

std::optional<ContainerInfo> LocalEngine::find_container(const std::string& id_or_name) {
  std::optional<ContainerInfo> info;
  db_.read([&] {
    std::optional<ContainerListing> listing = find_container_listing(db_, id_or_name);
    if (listing) info = describe(std::move(*listing), list_networks(db_));
  });
  return info;
}

std::vector<ImageInfo> LocalEngine::images() {
  return images_.list();
}

std::optional<ImageInfo> LocalEngine::find_image(const std::string& reference) {
  const std::optional<StoredImage> image = images_.find(reference);
  if (!image) return std::nullopt;
  ImageInfo info;
  info.id = image->id;
  info.size = image->size;
  info.labels = image->config.labels;
  for (const ImageInfo& candidate : images_.list()) {
    if (candidate.id == image->id) return candidate;
  }
  return info;
}

std::vector<std::string> LocalEngine::remove_image(const std::string& reference, bool force) {
  return images_.remove(reference, force);
}

Status LocalEngine::watch_container(const std::string& id, int64_t timeout_ms,
                                    const std::function<bool(const Status&)>& changed) {
  const ContainerRecord record = need_container(id);
  return watch_status(paths_.run_container(record.id), paths_.container(record.id), timeout_ms, changed);
}

}  // namespace engine
