// Drafts: folders that become layers or vanish.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/image/digest.h"
#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/store_lock.h"
#include "engine/state/database.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/process.h"

namespace engine {

namespace {

constexpr const char* kPrefix = "draft-";

// What cannot be removed now (a mount in it) is found again the next time.
void try_remove(const std::string& path) noexcept {
  try {
    sys::remove_tree(path);
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch)
  }
}

}  // namespace

ImageStore::Draft::Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ImageStore::Draft::~Draft() {
  if (!path_.empty()) try_remove(path_);
}

std::string ImageStore::draft_path() const {
  return paths_.build_tmp() + '/' + sys::own_name(kPrefix);
}

ImageStore::Draft ImageStore::new_draft() {
  Draft draft(draft_path());
  sys::check(::mkdir(draft.path().c_str(), 0700), "mkdir", draft.path());
  for (const std::string& folder : {draft.diff(), draft.work()}) {
    sys::check(::mkdir(folder.c_str(), 0755), "mkdir", folder);
    sys::check(::chmod(folder.c_str(), 0755), "chmod", folder);  // whatever the umask: diff is an image's "/"
  }
  return draft;
}

std::optional<ImageStore::Draft> ImageStore::retire(const std::string& chain_id) {
  Draft draft(draft_path());
  if (::rename(paths_.layer(chain_id).c_str(), draft.path().c_str()) == 0) return draft;
  if (errno != ENOENT) sys::fail("rename", paths_.layer(chain_id));
  return std::nullopt;
}

std::vector<std::string> ImageStore::unrecorded_layers() {
  std::vector<std::string> unrecorded;
  database_.read([&] {
    for (const std::string& name : sys::names_in(layers_dir())) {
      if (!is_sha256_hex(name)) continue;
      Statement query = database_.prepare("SELECT 1 FROM layers WHERE chain_id=?");
      if (!query.bind(1, name).step()) unrecorded.push_back(name);
    }
  });
  return unrecorded;
}

void ImageStore::remove_stale_drafts() {
  remove_unused_layers();
  std::vector<Draft> doomed;
  // Looked for without the lock first, for nearly always there are none.
  if (!unrecorded_layers().empty()) {
    const sys::FileLock lock = lock_store(paths_);
    for (const std::string& chain : unrecorded_layers()) {
      if (std::optional<Draft> retired = retire(chain)) doomed.push_back(std::move(*retired));
    }
  }
  doomed.clear();
  LayerBlobs blobs(database_, paths_);
  if (blobs.has_unused()) {
    const sys::FileLock lock = lock_store(paths_);
    blobs.remove_unused();
  }
  for (const std::string& name : sys::names_in(paths_.build_tmp())) {
    const std::optional<sys::ProcessId> owner = sys::owner_of_name(name, kPrefix);
    if (owner && !sys::is_alive(*owner)) try_remove(paths_.build_tmp() + '/' + name);
  }
}

}  // namespace engine
