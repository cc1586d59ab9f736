#include "sys/folder.h"

#include <dirent.h>
#include <fts.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <set>

#include "sys/error.h"

namespace sys {

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir && errno == ENOENT) return names;
  if (!dir) fail("opendir", folder);
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
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
