#include "engine/copy/sync.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "engine/copy/place.h"
#include "engine/copy/shown_name.h"
#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/entry_path.h"
#include "sys/error.h"

namespace engine {

namespace {

std::string shown(const CopySide& into, const std::string& path) {
  return into.shown + shown_name(path);
}

bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR;
}

std::vector<std::string> names_in(int folder, const std::string& what) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(open_to_list(folder, what).release()),
                                                ::closedir);
  if (!dir) sys::fail("fdopendir", what);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

// Nothing is followed and no mount entered: below it may lie files of the host. The kernel would also let us
// unlink a mount point of another mount namespace, and take the mount away.
void remove_object(int folder, const std::string& name, const std::string& what) {
  const sys::Fd object = try_open_beneath(folder, name, O_PATH | O_NOFOLLOW);
  if (!object && errno == ENOENT) return;
  if (!object && errno == EXDEV)
    throw Error(Error::Kind::kConflict, "cannot remove " + what + ": something is mounted there");
  sys::check(object.get(), "open", what);
  struct stat status {};
  sys::check(::fstat(object.get(), &status), "fstat", what);
  if (S_ISDIR(status.st_mode))
    for (const std::string& inner : names_in(object.get(), what))
      remove_object(object.get(), inner, what + '/' + shown_name(inner));
  if (::unlinkat(folder, name.c_str(), S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT)
    sys::fail("remove", what);
}

CopyResult remove_there(const SyncPath& path, const CopySide& into) {
  Place place;
  try {
    place = find_place(into.root, path.inside, false);
  } catch (const sys::Error& error) {
    if (!is_missing(error.code())) throw;
    return {};
  }
  if (!place.exists() || place.name.empty()) return {};
  remove_object(place.parent.get(), place.name, shown(into, path.inside));
  CopyResult result;
  result.objects = 1;
  return result;
}

// The folder at `path` in the container; what is missing of it is made.
sys::Fd need_folder(const std::string& path, const CopySide& into, const CopyPolicy& policy) {
  try {
    return sys::open_in_root(into.root, path, O_PATH | O_DIRECTORY);
  } catch (const sys::Error& error) {
    if (error.code() == ENOTDIR)
      throw Error(Error::Kind::kConflict, "not a directory on the way: " + shown(into, path));
    if (error.code() != ENOENT || path == "/") throw;
  }
  const size_t slash = path.rfind('/');
  const sys::Fd parent = need_folder(slash == 0 ? "/" : path.substr(0, slash), into, policy);
  const std::string name = path.substr(slash + 1);
  const bool made = ::mkdirat(parent.get(), name.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) sys::fail("mkdir", shown(into, path));
  sys::Fd folder(::openat(parent.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  sys::check(folder.get(), "open", shown(into, path));
  if (made && policy.owner)
    sys::check(::fchownat(folder.get(), "", policy.owner->first, policy.owner->second, AT_EMPTY_PATH),
               "chown", shown(into, path));
  return folder;
}

// "/app/x/" is "/app/x"; "" for the root itself.
std::string without_end(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path.starts_with('/') || path.empty() ? path : '/' + path;
}

// What is there and is of another kind goes. A link to a folder is as good as one.
void make_way(int folder, const std::string& name, bool for_folder, const std::string& what) {
  const sys::Fd there = open_name(folder, name);
  if (!there) return;
  struct stat status {};
  sys::check(::fstat(there.get(), &status), "fstat", what);
  if (S_ISDIR(status.st_mode) != for_folder) remove_object(folder, name, what);
}

bool leads_to_folder(int root, const std::string& path) {
  try {
    return find_place(root, path, true).is_folder();
  } catch (const sys::Error&) {
    return false;
  }
}

}  // namespace

CopyResult sync_path(const SyncPath& path, const CopySide& into, const CopyOptions& options) {
  const sys::Fd object(::open(path.local.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!object && is_missing(errno)) return remove_there(path, into);
  sys::check(object.get(), "open", path.local);
  struct stat status {};
  sys::check(::fstat(object.get(), &status), "fstat", path.local);

  const std::string inside = without_end(path.inside);
  const bool folder = S_ISDIR(status.st_mode);
  CopyResult result;
  if (inside.empty() || (folder && leads_to_folder(into.root, inside))) return result;
  const size_t slash = inside.rfind('/');
  sys::Fd parent = need_folder(slash == 0 ? "/" : inside.substr(0, slash), into, options.policy);
  if (is_kernels_own(parent.get()))
    throw Error(Error::Kind::kInvalid, shown(into, inside) +
                                           " is on a file system of the kernel's own, where no files are "
                                           "kept");
  const std::string name = inside.substr(slash + 1);
  make_way(parent.get(), name, folder, shown(into, inside));
  TreeSink sink(std::move(parent), name, shown(into, inside), options.policy);
  sink.left_out = [&](const std::string&, const std::string& why) {
    result.left_out.push_back(shown_name(path.local) + ": " + why);
  };
  if (options.cancelled)
    sink.check = [&options] {
      if (options.cancelled()) throw Error(Error::Kind::kUnavailable, "cancelled");
    };
  sink.add(SourceObject{"", status, object.get()});
  sink.finish();
  result.objects = sink.objects();
  result.bytes = sink.bytes();
  return result;
}

}  // namespace engine
