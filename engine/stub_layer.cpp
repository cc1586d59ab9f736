#include "engine/stub_layer.h"

#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"

namespace engine {

namespace {

void fill(const std::string& folder) {
  for (const char* name : kStubFolders) sys::make_dirs(folder + '/' + name);
  for (const char* name : kStubFiles) sys::write_file_atomic(folder + '/' + name, "", 0644);
}

}  // namespace

std::string stub_layer(const Paths& paths) {
  const std::string folder = paths.data_root + "/stubs";
  if (::access(folder.c_str(), F_OK) == 0) return folder;
  // Whole or not at all; of two that make it one stays.
  const std::string draft = paths.build_tmp() + '/' + sys::own_name("draft-");
  sys::make_dirs(draft);
  fill(draft);
  if (::rename(draft.c_str(), folder.c_str()) == 0) return folder;
  const int error = errno;
  sys::remove_tree(draft);
  if (error != EEXIST && error != ENOTEMPTY) throw sys::Error(error, "rename", folder);
  return folder;
}

}  // namespace engine
