#include "engine/image/archive_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "engine/error.h"
#include "engine/image/archive_reader.h"
#include "engine/image/beneath.h"
#include "engine/image/decompressed.h"
#include "engine/image/digest.h"
#include "engine/image/entry_path.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr size_t kChunk = 256 * 1024;
constexpr int kMostLinks = 8;  // one after the other

// Writes and hashes one file.
class Spool {
 public:
  explicit Spool(const std::string& path)
      : path_(path), fd_(sys::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)) {}

  void write(const char* data, size_t size) {
    try {
      sys::write_all(fd_.get(), data, size);
    } catch (const sys::Error& error) {
      throw sys::Error(error.code(), "write", path_);
    }
    hash_.update(data, size);
    size_ += static_cast<int64_t>(size);
  }
  // Holes of a sparse entry: zeros.
  void fill_to(int64_t offset) {
    static const std::vector<char> kZeros(kChunk);
    while (size_ < offset) write(kZeros.data(), std::min(kZeros.size(), static_cast<size_t>(offset - size_)));
  }
  int64_t size() const { return size_; }
  ArchivedFile finish() { return {path_, "sha256:" + hash_.hex(), size_}; }

 private:
  std::string path_;
  sys::Fd fd_;
  Sha256 hash_;
  int64_t size_ = 0;
};

ArchivedFile spool_entry(TarReader& reader, archive_entry* entry, const std::string& name,
                         const std::string& path) {
  Spool spool(path);
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  const int64_t whole = archive_entry_size(entry);
  while (reader.next_block(name, &data, &size, &offset)) {
    // Only what the guard has admitted is written.
    if (offset < spool.size() || offset > whole || static_cast<int64_t>(size) > whole - offset)
      refuse_entry(name, "its data does not fit its size");
    spool.fill_to(offset);
    spool.write(static_cast<const char*>(data), size);
  }
  spool.fill_to(whole);
  return spool.finish();
}

// Where a symbolic link at `name` leads, as a name of the archive.
std::string link_target(const std::string& name, const std::string& target) {
  if (target.empty() || target.front() == '/') refuse_entry(name, "the link leads out of the archive");
  std::vector<std::string> parts;
  const auto walk = [&](const std::string& path) {
    for (size_t start = 0; start < path.size();) {
      const size_t slash = std::min(path.find('/', start), path.size());
      const std::string part = path.substr(start, slash - start);
      start = slash + 1;
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        refuse_entry(name, "the link leads out of the archive");
      } else {
        parts.pop_back();
      }
    }
  };
  walk(parent_of(name));
  walk(target);
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : "/") + part;
  return joined;
}

}  // namespace

std::string ArchiveFiles::new_path() {
  return staging_ + "/file-" + std::to_string(made_++);
}

void ArchiveFiles::read_archive(int fd, const std::string& name, const UnpackLimits& limits) {
  const Utf8Locale locale;
  Decompressed bytes(fd, name);
  TarReader reader([&](char* buffer, size_t size) { return bytes.read(buffer, size); }, name);
  ArchiveGuard guard([&] { return bytes.raw_bytes(); }, limits);
  while (archive_entry* entry = reader.next()) {
    const char* raw = archive_entry_pathname(entry);
    const std::string written = raw != nullptr ? raw : "";
    guard.admit(entry, written);
    const std::string path = checked_path(written, written);
    if (files_.contains(path) || links_.contains(path)) refuse_entry(written, "the name comes twice");
    if (const char* target = archive_entry_hardlink(entry)) {
      links_[path] = checked_path(written, target);
      continue;
    }
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        break;
      case AE_IFLNK: {
        const char* target = archive_entry_symlink(entry);
        links_[path] = link_target(path, target != nullptr ? target : "");
        break;
      }
      case AE_IFREG:
        files_[path] = spool_entry(reader, entry, written, new_path());
        break;
      default:
        refuse_entry(written, "an archive of images holds only files, folders and links");
    }
  }
}

void ArchiveFiles::use_folder(const std::string& path) {
  folder_ = sys::open(path, O_RDONLY | O_DIRECTORY);
  folder_path_ = path;
}

std::optional<ArchivedFile> ArchiveFiles::copy_from_folder(const std::string& path) {
  const sys::Fd file = try_open_beneath(folder_.get(), path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) refuse_entry(folder_path_ + '/' + path, sys::Error(errno, "open", path).what());
  struct stat status {};
  sys::check(::fstat(file.get(), &status), "fstat", path);
  if (!S_ISREG(status.st_mode)) refuse_entry(folder_path_ + '/' + path, "it is not a file");
  Spool spool(new_path());
  std::vector<char> buffer(kChunk);
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (sys::check(n, "read", path) == 0) break;
    spool.write(buffer.data(), static_cast<size_t>(n));
  }
  return spool.finish();
}

std::optional<ArchivedFile> ArchiveFiles::find(const std::string& path) {
  std::string at = checked_path(path, path);
  for (int links = 0; links < kMostLinks; ++links) {
    if (const auto file = files_.find(at); file != files_.end()) return file->second;
    const auto link = links_.find(at);
    if (link == links_.end()) {
      if (!folder_) return std::nullopt;
      std::optional<ArchivedFile> copied = copy_from_folder(at);
      if (copied) files_[at] = *copied;
      return copied;
    }
    at = link->second;
  }
  refuse_entry(path, "links lead from one to the other");
}

std::optional<std::string> ArchiveFiles::text(const std::string& path, int64_t limit) {
  const std::optional<ArchivedFile> file = find(path);
  if (!file) return std::nullopt;
  if (file->size > limit) refuse_entry(path, "it is larger than " + std::to_string(limit) + " bytes");
  return sys::read_file(file->path);
}

}  // namespace engine
