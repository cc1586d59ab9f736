#include "sys/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "sys/error.h"

namespace sys {

std::vector<std::string> names_in(const std::string& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return {};
  check(fd.get(), "open", folder);
  return names_in(std::move(fd), folder);
}

std::vector<std::string> names_in(Fd folder, const std::string& what) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(folder.get()), ::closedir);
  if (!dir) fail("fdopendir", what);
  folder.release();  // the DIR's from here
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr && errno != 0) fail("readdir", what);
    if (entry == nullptr) return names;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
}

int64_t bytes_below(const std::string& folder) {
  std::string root = folder;
  char* const roots[] = {root.data(), nullptr};
  const std::unique_ptr<FTS, int (*)(FTS*)> tree(::fts_open(roots, FTS_PHYSICAL | FTS_XDEV, nullptr),
                                                 ::fts_close);
  if (!tree) fail("fts_open", folder);
  int64_t bytes = 0;
  std::set<ino_t> linked;
  while (const FTSENT* entry = ::fts_read(tree.get())) {
    if (entry->fts_info != FTS_F) continue;
    if (entry->fts_statp->st_nlink > 1 && !linked.insert(entry->fts_statp->st_ino).second) continue;
    bytes += entry->fts_statp->st_size;
  }
  return bytes;
}

}  // namespace sys
