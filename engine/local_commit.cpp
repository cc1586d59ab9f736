// Containers into images and files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "engine/build/changes.h"
#include "engine/build/layered_view.h"
#include "engine/effective_config.h"
#include "engine/freeze_mark.h"
#include "engine/image/layer_xattr.h"
#include "engine/image/reference.h"
#include "engine/local_engine.h"
#include "engine/root_tar.h"
#include "engine/upper_changes.h"
#include "engine/upper_copy.h"
#include "engine/upper_walk.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

std::string checked_reference(const std::string& text) {
  if (text.empty()) return "";
  const Reference reference = parse_reference(text);
  if (!reference.digest.empty()) {
    throw Error(Error::Kind::kInvalid, "an image cannot be given the name " + text +
                                           ": its digest is not known before it is made; "
                                           "leave '@" +
                                           reference.digest + "' out");
  }
  return reference.to_string();
}

// A folder whose layer would say nothing.
bool is_blank(const std::string& diff) {
  const sys::Fd root = sys::open(diff, O_RDONLY | O_DIRECTORY);
  struct stat status {};
  sys::check(::fstat(root.get(), &status), "fstat", diff);
  if ((status.st_mode & 07777) != 0755 || status.st_uid != 0 || status.st_gid != 0) return false;
  for (const auto& [name, value] : read_xattrs(root.get(), diff)) {
    if (is_layer_xattr(name)) return false;
  }
  return build::LayeredView({diff}).children(build::LayeredView({diff}).root()).empty();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

ImageConfig commit_config(const StoredImage& image, const ContainerConfig& container,
                          const CommitRequest& request) {
  ContainerConfig kept = container;
  std::erase_if(kept.labels, [&](const auto& label) { return request.dropped_labels.contains(label.first); });
  const ImageConfig effective = effective_config(image.config, kept);
  ImageConfig config = effective;
  apply_changes(config, request.changes);
  // As Docker: what a change left without anything to run runs the container's command.
  if (config.entrypoint.empty() && config.cmd.empty()) config.cmd = effective.cmd;
  config.created = format_rfc3339(now_ms());
  config.author = request.author;
  HistoryEntry entry;
  entry.created = config.created;
  entry.created_by = joined(effective.cmd);
  entry.author = request.author;
  entry.comment = request.comment;
  config.history.push_back(std::move(entry));
  return config;
}

// Whose image's layers and own folder, topmost first, are its root file system.
std::vector<std::string> layers_of(const std::string& upper, const StoredImage& image) {
  std::vector<std::string> layers{upper};
  layers.insert(layers.end(), image.lower_dirs.begin(), image.lower_dirs.end());
  return layers;
}

}  // namespace

ImageStore::Draft LocalEngine::copy_written(const ContainerRecord& record, const StoredImage& image,
                                            const CommitRequest& request) {
  // Nobody starts, stops or removes it meanwhile.
  const sys::FileLock lock = lock_container(record.id);
  need_container(record.id);
  std::optional<FreezeMark> frozen;
  if (request.pause && status_of(record.id).state == State::kRunning) {
    try {
      frozen.emplace(paths_.run_root, record.id, cgroup_path(record));
    } catch (const Error& error) {
      throw Error(error.kind(), "container " + record.config.name + " cannot be paused: " + error.what() +
                                    "; to commit it while it runs, use --pause=false");
    }
  }
  ImageStore::Draft draft = images_.new_draft();
  const sys::Fd upper = sys::open(paths_.container(record.id) + "/upper", O_RDONLY | O_DIRECTORY);
  const sys::Fd layer = sys::open(draft.diff(), O_RDONLY | O_DIRECTORY);
  copy_upper(upper.get(), build::LayeredView(image.lower_dirs), layer.get(), request.cancelled);
  return draft;
}

std::string LocalEngine::commit_container(const std::string& id, const CommitRequest& request) {
  const std::string reference = checked_reference(request.reference);
  const ContainerRecord record = need_container(id);
  const StoredImage image = need_image(record.image_id);
  // Errors in the changes come before any work.
  ImageConfig config = commit_config(image, record.config, request);
  const sys::FileLock held = images_.hold_layers();  // until it has its name, whatever is pruned meanwhile
  ImageStore::Draft draft = copy_written(record, image, request);
  if (is_blank(draft.diff())) {
    config.history.back().empty_layer = true;
  } else {
    const std::string parent = image.chain_ids.empty() ? "" : image.chain_ids.back();
    config.diff_ids.push_back(images_.commit_layer(std::move(draft), parent).diff_id);
  }
  const std::string made = images_.add_image(config);
  if (!reference.empty()) images_.tag(made, reference);
  note_container(record, "commit",
                 {{"comment", request.comment}, {"imageID", made}, {"imageRef", reference}});
  return made;
}

std::vector<std::string> LocalEngine::export_container(const std::string& id, const ByteSink& sink) {
  const ContainerRecord record = need_container(id);
  const StoredImage image = need_image(record.image_id);
  const std::string upper = paths_.container(record.id) + "/upper";
  std::vector<std::string> shrunk = write_root_tar(build::LayeredView(layers_of(upper, image)), sink);
  // What vanished was passed over; all of it may have.
  std::optional<ContainerInfo> still = find_container(record.id);
  if (!still || ::access(upper.c_str(), F_OK) != 0) {
    throw Error(Error::Kind::kConflict, "container " + record.config.name +
                                            " was removed while it was exported; the archive is not whole");
  }
  note_container(record, "export");
  return shrunk;
}

std::vector<PathChange> LocalEngine::container_changes(const std::string& id) {
  const ContainerRecord record = need_container(id);
  const StoredImage image = need_image(record.image_id);
  const sys::Fd upper = sys::open(paths_.container(record.id) + "/upper", O_RDONLY | O_DIRECTORY);
  return changes_of(upper.get(), build::LayeredView(image.lower_dirs));
}

bool LocalEngine::is_image_below(const std::string& ancestor, const std::string& image_id) {
  const std::optional<StoredImage> below = images_.find(ancestor), above = images_.find(image_id);
  if (!below || !above) return false;
  if (below->id == above->id) return true;
  const std::vector<std::string>&bottom = below->chain_ids, &all = above->chain_ids;
  // A chain id speaks for all that is below it.
  return !bottom.empty() && bottom.size() <= all.size() && all[bottom.size() - 1] == bottom.back();
}

void LocalEngine::thaw_abandoned() {
  for (const AbandonedFreeze& freeze : abandoned_freezes(paths_.run_root)) {
    sys::make_dirs(paths_.run_root + "/locks");
    const std::optional<sys::FileLock> lock = sys::FileLock::try_acquire(lock_path(freeze.id));
    if (lock) end_freeze(freeze);
  }
}

}  // namespace engine
