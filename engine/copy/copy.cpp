#include "engine/copy/copy.h"

#include <fcntl.h>

#include <cerrno>

#include "engine/copy/shown_name.h"
#include "engine/copy/tar_input.h"
#include "engine/error.h"
#include "engine/tar_objects.h"
#include "sys/error.h"

namespace engine {

namespace {

[[noreturn]] void missing(const std::string& shown) {
  throw Error(Error::Kind::kNotFound, "no such file or directory: " + shown);
}

// ENOENT and ENOTDIR speak of a folder on the way.
Place place_of(const CopySide& side, bool follow) {
  try {
    return find_place(side.root, side.path, follow);
  } catch (const sys::Error& error) {
    if (error.code() == ENOENT) missing(side.shown);
    if (error.code() == ENOTDIR)
      throw Error(Error::Kind::kConflict, "not a directory on the way to " + side.shown);
    if (error.code() == ELOOP)
      throw Error(Error::Kind::kInvalid, "too many symbolic links on the way to " + side.shown);
    throw;
  }
}

Place find_source(const CopySide& from, const CopyOptions& options) {
  Place source = place_of(from, options.follow_link || means_folder(from.path));
  if (!source.exists()) missing(from.shown);
  if (means_folder(from.path) && !source.is_folder())
    throw Error(Error::Kind::kConflict, "not a directory: " + from.shown);
  if (S_ISSOCK(source.status.st_mode))
    throw Error(Error::Kind::kInvalid, "a socket cannot be copied: " + from.shown);
  if (is_kernels_own(source.object.get())) {
    throw Error(Error::Kind::kInvalid,
                from.shown + " is no stored file but the kernel's own; read it with `exec ... cat`");
  }
  return source;
}

// The name that the copy has in a folder: that of the source as it was asked for, not where a link led.
std::string name_of(const CopySide& from) {
  std::string path = from.path;
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder + (folder.ends_with('/') ? "" : "/") + name;
}

// Where the top of the source goes.
struct Target {
  sys::Fd folder;
  std::string name;  // empty: into `folder`
  std::string shown;
};

void check_target(const CopySide& to, const Place& place) {
  const int fd = place.exists() ? place.object.get() : place.parent.get();
  if (!is_kernels_own(fd)) return;
  throw Error(Error::Kind::kInvalid,
              to.shown + " is on a file system of the kernel's own, where no files are kept");
}

Target target_of(const CopySide& from, const Place& source, const CopySide& to) {
  Place place = place_of(to, true);
  check_target(to, place);
  if (place.is_folder()) {
    if (means_contents(from.path)) return {std::move(place.object), "", to.shown};
    return {std::move(place.object), name_of(from), joined(to.shown, name_of(from))};
  }
  if (place.exists()) {
    if (means_folder(to.path)) throw Error(Error::Kind::kConflict, "not a directory: " + to.shown);
    if (source.is_folder()) {
      throw Error(Error::Kind::kConflict,
                  "cannot copy a directory onto a file: " + from.shown + " to " + to.shown);
    }
  } else if (means_folder(to.path) && !source.is_folder()) {
    throw Error(Error::Kind::kNotFound, "no such directory: " + to.shown + "; make it first");
  }
  return {std::move(place.parent), place.name, to.shown};
}

std::function<void()> check_of(const CopyOptions& options) {
  if (!options.cancelled) return {};
  return [&options] {
    if (options.cancelled()) throw Error(Error::Kind::kUnavailable, "cancelled");
  };
}

}  // namespace

CopyResult copy_tree(const CopySide& from, const CopySide& to, const CopyOptions& options) {
  const Place source = find_source(from, options);
  Target target = target_of(from, source, to);
  CopyResult result;
  const auto left_out = [&](const std::string& path, const std::string& why) {
    result.left_out.push_back((path.empty() ? from.shown : joined(from.shown, shown_name(path))) + ": " +
                              why);
  };
  struct stat into {};
  sys::check(::fstat(target.folder.get(), &into), "fstat", to.shown);
  TreeSink sink(std::move(target.folder), target.name, target.shown, options.policy);
  sink.check = check_of(options);
  sink.left_out = left_out;
  WalkLimits limits{std::nullopt, options.cancelled, left_out};
  // The folder that is copied into may lie in what is copied, by a bind mount; were it the source's own, what
  // is made there would be copied again and again.
  if (source.is_folder()) limits.except = {into.st_dev, into.st_ino};
  walk_source(source, limits, [&](const SourceObject& object) { sink.add(object); });
  sink.finish();
  result.objects = sink.objects();
  result.bytes = sink.bytes();
  return result;
}

CopyResult copy_to_tar(const CopySide& from, const ByteSink& sink, const CopyOptions& options) {
  const Place source = find_source(from, options);
  const std::string top = means_contents(from.path) ? "." : name_of(from);
  CopyResult result;
  TarObjects tar(sink);
  walk_source(source, {std::nullopt, options.cancelled, {}}, [&](const SourceObject& object) {
    const std::string what = object.path.empty() ? from.shown : joined(from.shown, shown_name(object.path));
    if (S_ISSOCK(object.status.st_mode)) {
      result.left_out.push_back(what + ": it is a socket");
      return;
    }
    tar.add(object.path.empty() ? top : top + '/' + object.path, object.fd, object.status, what);
    ++result.objects;
    if (S_ISREG(object.status.st_mode)) result.bytes += object.status.st_size;
  });
  for (const std::string& path : tar.finish())
    result.left_out.push_back(path +
                              ": it became shorter while it was read; its end is zeros in the archive");
  return result;
}

CopyResult copy_from_tar(int archive, const CopySide& to, const CopyOptions& options) {
  Place place = place_of(to, true);
  if (!place.exists()) missing(to.shown);
  check_target(to, place);
  if (!place.is_folder()) {
    throw Error(Error::Kind::kConflict,
                "destination " + to.shown + " must be a directory, as an archive is unpacked there");
  }
  CopyResult result;
  TreeSink sink(std::move(place.object), "", to.shown, options.policy);
  sink.check = check_of(options);
  sink.left_out = [&](const std::string& path, const std::string& why) {
    result.left_out.push_back(joined(to.shown, shown_name(path)) + ": " + why);
  };
  // As for tar(1) and docker, an entry bin/x belongs where the /bin of the container leads.
  sink.follow = [&to](const std::string& path) {
    sys::Fd folder;
    try {
      folder = sys::open_in_root(to.root, joined(to.path, path), O_RDONLY | O_DIRECTORY);
    } catch (const sys::Error& error) {
      if (error.code() != ENOENT && error.code() != ENOTDIR && error.code() != ELOOP) throw;
    }
    return folder && is_kernels_own(folder.get()) ? sys::Fd() : std::move(folder);
  };
  unpack_into(archive, "-", sink, sink.check);
  sink.finish();
  result.objects = sink.objects();
  result.bytes = sink.bytes();
  return result;
}

}  // namespace engine
