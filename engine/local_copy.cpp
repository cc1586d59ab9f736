// Files into containers and out of them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "engine/container/root_view.h"
#include "engine/container/user.h"
#include "engine/container_root.h"
#include "engine/copy/copy.h"
#include "engine/copy/place.h"
#include "engine/local_engine.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

CopySide local_side(const sys::Fd& root, const std::string& path) {
  const bool absolute = path.starts_with('/');
  return {root.get(), absolute ? path : std::filesystem::current_path().string() + '/' + path, path};
}

CopySide side_in(const ContainerRoot& root, const ContainerRecord& record, const std::string& path) {
  return {root.fd(), path.empty() ? "/" : path, record.config.name + ':' + path};
}

bool is_at_or_below(const std::string& path, const std::string& folder) {
  return folder == "/" || path == folder || path.starts_with(folder + '/');
}

// What of the container at `path` can be read only, in words.
std::string read_only_place(const ContainerRecord& record, const std::string& path, bool up) {
  const MountRecord* found = nullptr;
  for (const MountRecord& mount : record.mounts) {
    const bool closer = found == nullptr || mount.target.size() > found->target.size();
    if (closer && is_at_or_below(path, mount.target)) found = &mount;
  }
  if (found == nullptr) {
    for (const char* folder : {"/proc", "/sys", "/dev"})
      if (!up && is_at_or_below(path, folder))
        return std::string(folder) + " is there only while the container runs";
    for (const char* file : kMadeAtStart)
      if (!up && path == file)
        return std::string(file) +
               " is made anew at each start; copy to it when the container runs, or use "
               "extra_hosts or hostname";
    for (const FileConfig& file : record.config.files)
      if (path == file.target) return file.target + " is a secret or config, which is read-only";
    return "the container's root file system is read-only";
  }
  switch (found->type) {
    case MountConfig::Type::kTmpfs:
      if (!up) return "the tmpfs at " + found->target + " is there only while the container runs";
      return "the tmpfs at " + found->target + " is mounted read-only";
    case MountConfig::Type::kVolume:
      return "volume " + found->source + " is mounted read-only at " + found->target;
    case MountConfig::Type::kImage:
      return "the image at " + found->target + " is mounted read-only";
    default:
      return found->source + " of the host is mounted read-only at " + found->target;
  }
}

// Where a copy to `side` really goes, links followed.
std::string real_path(const ContainerRoot& root, const CopySide& side) {
  const Place place = find_place(side.root, side.path, true);
  if (place.is_folder() || place.name.empty()) return root.path_of(place.object.get());
  const std::string folder = root.path_of(place.parent.get());
  return (folder == "/" ? "" : folder) + '/' + place.name;
}

[[noreturn]] void refuse_read_only(const ContainerRecord& record, const ContainerRoot& root,
                                   const CopySide& to, const std::string& object, bool up) {
  std::string path = real_path(root, to);
  if (object.starts_with(to.shown)) {  // it is about something in there
    std::string rest = object.substr(to.shown.size());
    if (!rest.empty() && rest.front() != '/') rest.insert(0, "/");
    path = (path == "/" ? "" : path) + rest;
  }
  throw Error(Error::Kind::kConflict,
              "cannot copy to " + to.shown + ": " + read_only_place(record, path, up));
}

}  // namespace

CopyResult LocalEngine::with_files_of(
    const std::string& id,
    const std::function<CopyResult(const ContainerRecord&, const ContainerRoot&)>& action) {
  std::optional<sys::FileLock> lock;
  ContainerRecord record = need_container(id);
  if (!goes_on(status_of(record.id))) {
    // Two mounts of one overlay would not see each other's files: nobody starts it meanwhile.
    lock = lock_container(record.id);
    record = need_container(record.id);
  }
  const Status status = status_of(record.id);
  if (has_program(status)) {
    lock.reset();  // started while we waited
    return action(record, ContainerRoot(record.config.name, status));
  }
  if (goes_on(status)) {
    throw Error(Error::Kind::kConflict,
                "container " + record.config.name + " is restarting; wait until it is running, or stop it");
  }
  prepare_bind_sources(record);
  return action(record, ContainerRoot(paths_, view_spec(record)));
}

CopyResult LocalEngine::copy_into(const std::string& id, const ContainerCopy& copy) {
  return with_files_of(id, [&](const ContainerRecord& record, const ContainerRoot& root) {
    note_container(record, "extract-to-dir");
    CopyOptions options;
    // An archive says whose its files are, as for docker.
    const bool keep_owner = copy.archive || copy.stream >= 0;
    options.policy = {keep_owner, std::pair<uid_t, gid_t>(0, 0), true, true};
    options.follow_link = copy.follow_link;
    options.cancelled = copy.cancelled;
    const CopySide to = side_in(root, record, copy.container_path);
    try {
      if (copy.stream >= 0) return copy_from_tar(copy.stream, to, options);
      const sys::Fd local = sys::open("/", O_PATH | O_DIRECTORY);
      return copy_tree(local_side(local, copy.local_path), to, options);
    } catch (const sys::Error& error) {
      if (error.code() != EROFS) throw;
      refuse_read_only(record, root, to, error.object(), has_program(status_of(record.id)));
    }
  });
}

SyncResult LocalEngine::sync(const std::string& id, const SyncRequest& request) {
  SyncResult result;
  with_files_of(id, [&](const ContainerRecord& record, const ContainerRoot& root) {
    note_container(record, "extract-to-dir");
    const std::string user =
        !record.config.user.empty() ? record.config.user : need_image(record.image_id).config.user;
    CopyOptions options;
    options.policy = {true, std::nullopt, true, false};
    if (!user.empty()) {
      const Identity identity = resolve_user(root.fd(), user);
      options.policy.keep_owner = false;
      options.policy.owner = {identity.uid, identity.gid};
    }
    options.cancelled = request.cancelled;
    for (const SyncPath& path : request.paths) {
      const CopySide into = side_in(root, record, path.inside);
      try {
        try {
          const CopyResult copied = sync_path(path, {root.fd(), "", record.config.name + ':'}, options);
          result.objects += copied.objects;
          result.bytes += copied.bytes;
          result.left_out.insert(result.left_out.end(), copied.left_out.begin(), copied.left_out.end());
        } catch (const sys::Error& error) {
          if (error.code() != EROFS) throw;
          refuse_read_only(record, root, into, error.object(), has_program(status_of(record.id)));
        }
      } catch (const std::exception& error) {
        if (request.cancelled && request.cancelled()) throw;
        result.failed.emplace_back(error.what());
      }
    }
    return CopyResult{};
  });
  return result;
}

CopyResult LocalEngine::copy_out_of(const std::string& id, const ContainerCopy& copy) {
  return with_files_of(id, [&](const ContainerRecord& record, const ContainerRoot& root) {
    note_container(record, "archive-path");
    CopyOptions options;
    options.policy = {copy.archive, std::nullopt, copy.archive, false};
    options.follow_link = copy.follow_link;
    options.cancelled = copy.cancelled;
    const CopySide from = side_in(root, record, copy.container_path);
    if (copy.stream >= 0) {
      return copy_to_tar(
          from, [&](const char* data, size_t size) { sys::write_all(copy.stream, data, size); }, options);
    }
    const sys::Fd local = sys::open("/", O_PATH | O_DIRECTORY);
    return copy_tree(from, local_side(local, copy.local_path), options);
  });
}

}  // namespace engine
