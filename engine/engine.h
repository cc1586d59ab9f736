#pragma once
// The engine as the planner and the commands see it. One implementation works on this machine
// (open_local_engine); the interface is the seam for others. Every verb is idempotent where it can be, may be
// called from several threads at once, and throws engine::Error or sys::Error.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/builder.h"
#include "engine/commit.h"
#include "engine/container/runtime.h"
#include "engine/container/usage.h"
#include "engine/copy/copy.h"
#include "engine/doctor/facts.h"
#include "engine/error.h"
#include "engine/events/event.h"
#include "engine/image/layer_tar.h"
#include "engine/model.h"
#include "engine/paths.h"
#include "engine/registry/transfer.h"

namespace engine {

class ImageStore;

// Files into a container or out of it; engine/copy/copy.h has the rules.
struct ContainerCopy {
  std::string container_path;  // from the container's root, as it sees it
  std::string local_path;      // relative to the current folder
  int stream = -1;             // instead of `local_path`: a tar is read from it, or written to it
  bool archive = false;        // owners, set-id bits and capabilities are kept
  bool follow_link = false;
  std::function<bool()> cancelled{};
};

class Engine {
 public:
  virtual ~Engine() = default;

  // ---- what there is (one read transaction; statuses from the containers' status files)
  // All containers whose label `com.docker.compose.project` is `project`; all of them for "".
  virtual std::vector<ContainerInfo> containers(const std::string& project) = 0;
  virtual std::vector<NetworkInfo> networks() = 0;
  virtual std::vector<VolumeInfo> volumes() = 0;
  virtual std::vector<ImageInfo> images() = 0;
  // By reference or id (prefix); nothing when not in the store.
  virtual std::optional<ImageInfo> find_image(const std::string& reference) = 0;
  virtual std::optional<ContainerInfo> find_container(const std::string& id_or_name) = 0;

  // ---- networks and volumes
  virtual NetworkInfo create_network(const NetworkConfig& config) = 0;  // kConflict when the name is taken
  // The same; calls `recorded` as soon as containers for it can be created (started they can be later), which
  // may be never, and perhaps by the time that it fails after all.
  virtual NetworkInfo create_network_early(const NetworkConfig& config,
                                           const std::function<void()>& /*recorded*/) {
    return create_network(config);
  }
  virtual void remove_network(const std::string& name) = 0;  // kConflict when in use; missing is fine
  // The same without waiting until the kernel has taken its link away; name and subnets are free at once. The
  // rest is done by the command line `exit_hook` of `open_local_engine`, so that it outlives the caller.
  virtual void retire_network(const std::string& name) { remove_network(name); }
  virtual VolumeInfo create_volume(const VolumeConfig& config) = 0;  // kConflict when the name is taken
  virtual void remove_volume(const std::string& name) = 0;           // kConflict when in use; missing is fine

  // ---- containers
  // Reserves name, addresses and ports and records the container; starts nothing. kDefaultNetwork is made
  // when it is not there.
  virtual ContainerInfo create_container(const ContainerConfig& config) = 0;
  virtual void rename_container(const std::string& id, const std::string& name) = 0;
  // For who is going to start containers: what that takes anyway begins now, in the background.
  virtual void prepare_starts() noexcept {}
  virtual ContainerInfo start_container(const std::string& id) = 0;  // no-op when running
  // Has what was recorded of containers and networks reach the disk, which else is sure only at the end of
  // the engine's life: for who goes on without changing anything.
  virtual void settle() noexcept {}
  // Starts a container that is down with the caller attached to it; `relay` connects the two. kConflict when
  // it is up already.
  virtual Attached start_attached(const std::string& id, const AttachRequest&) {
    throw Error(Error::Kind::kUnavailable, "this engine cannot attach to container " + id);
  }
  // Attaches to a container that runs already; `input`: what is typed is for it, where it takes any.
  // kConflict when it does not run.
  virtual Attached attach_container(const std::string& id, bool) {
    throw Error(Error::Kind::kUnavailable, "this engine cannot attach to container " + id);
  }
  // grace_ms unset: the container's own.
  virtual void stop_container(const std::string& id, std::optional<int64_t> grace_ms) = 0;
  virtual void kill_container(const std::string& id, const std::string& signal) = 0;
  // Halts all processes of a running container, and lets them go on. kConflict when it is not running, or
  // paused already, or not paused; kUnavailable when this host cannot, or a process cannot be halted.
  virtual void pause_container(const std::string& id) = 0;
  virtual void unpause_container(const std::string& id) = 0;
  // Takes a container that is down off its networks: its addresses are free for others, and nothing of it
  // keeps a network from being removed. The next start puts it back, on addresses that are free then.
  // kConflict when running.
  virtual void disconnect_container(const std::string& id) = 0;
  // Puts a container on one more network, or takes it off one, for good. One that runs has the link, the name
  // and the address at once, or loses them; what it publishes moves to its next network. kNotFound: no such
  // container or network; kConflict: it is on that network already, or not on it, or shares the host's.
  virtual void connect_network(const std::string& id, const AttachmentConfig&) {
    throw Error(Error::Kind::kUnavailable, "this engine cannot connect container " + id);
  }
  virtual void disconnect_network(const std::string& id, const std::string&) {
    throw Error(Error::Kind::kUnavailable, "this engine cannot disconnect container " + id);
  }
  // What it was made from, for `inspect`. kNotFound.
  virtual ContainerConfig configuration_of(const std::string& id) {
    throw Error(Error::Kind::kUnavailable,
                "this engine does not know what container " + id + " was made from");
  }
  // Bytes of the files it has written, volumes not counted.
  virtual int64_t written_bytes(const std::string& id) {
    throw Error(Error::Kind::kUnavailable, "this engine does not know the size of container " + id);
  }
  // kConflict when running, unless `force` (then it is killed). `volumes`: its anonymous volumes go too.
  virtual void remove_container(const std::string& id, bool force, bool volumes) = 0;
  // The same of a container that has ended, whose monitor waits for us (attached.h). The default network
  // stays for 10 s, as the next container may want it; true when no process has taken on to remove it then,
  // which the exit hook does.
  virtual bool remove_after_run(const std::string& id) = 0;
  // See runtime.h, watch_status.
  virtual Status watch_container(const std::string& id, int64_t timeout_ms,
                                 const std::function<bool(const Status&)>& changed) = 0;
  // Environment and user of `request` are completed from the container's.
  virtual int exec(const std::string& id, ExecRequest request) = 0;

  // What a container uses of the machine now; nothing when it is down.
  virtual Usage container_usage(const std::string& id) = 0;
  // Its processes, by pid. kConflict when it is not up.
  virtual std::vector<Process> container_processes(const std::string& id) = 0;

  // True when `image_id` is the image named `ancestor`, or has all its layers at the bottom. False when there
  // is no such image.
  virtual bool is_image_below(const std::string& ancestor, const std::string& image_id) = 0;

  // ---- containers into images and files; they may be up or down
  // The image with one more layer, what the container wrote, and the container's configuration under
  // `request`'s changes; without a new layer when it wrote nothing. Volumes and the engine's own files are
  // not in it. A running container stands still while its files are copied, unless `request` says otherwise.
  // Returns the image's id. kInvalid for a reference or tree that no image can have, kUnavailable when it
  // cannot be paused, or was cancelled.
  virtual std::string commit_container(const std::string& id, const CommitRequest& request) = 0;
  // The root file system as a tar (root_tar.h), without volumes. Returns the files that shrank while they
  // were read. kConflict when the container is removed meanwhile; what `sink` throws passes through.
  virtual std::vector<std::string> export_container(const std::string& id, const ByteSink& sink) = 0;
  // What it changed about its image's files (upper_changes.h).
  virtual std::vector<PathChange> container_changes(const std::string& id) = 0;

  // ---- files; whether the container runs, is paused, has ended or was never started. One that is down
  // cannot be started meanwhile. What comes in is root's, unless `archive`. kConflict where the container has
  // it read-only; others: copy.h.
  virtual CopyResult copy_into(const std::string& id, const ContainerCopy&) {
    throw Error(Error::Kind::kUnavailable, "this engine cannot copy into container " + id);
  }
  // What comes out is the caller's, without set-id bits and capabilities, unless `archive`; device nodes are
  // left out. A tar has all as it is in the container.
  virtual CopyResult copy_out_of(const std::string& id, const ContainerCopy&) {
    throw Error(Error::Kind::kUnavailable, "this engine cannot copy from container " + id);
  }

  // ---- images
  virtual BuildResult build(const BuildRequest& request, BuildObserver& observer) = 0;
  virtual ImageInfo import_image(const ImportRequest& request) = 0;
  // Untags; the image goes with its last name, or when an id is given. kConflict when it would go and
  // containers use it; with `force` it loses its names then and stays. Returns what was untagged and deleted,
  // a line each.
  virtual std::vector<std::string> remove_image(const std::string& reference, bool force) = 0;

  // ---- registries (a search in one is not offered: no registry but Docker's own hub ever had it)
  // Fetches the image and tags it. kNotFound when the registry has no such image, or none for the platform
  // (the message lists what there is), kDenied when it wants other credentials, kInvalid when what it sends
  // is wrong (digest, size, format), kUnavailable when it cannot be reached or the transfer was cancelled.
  // Layers that are whole stay in the store whatever happens after.
  virtual PullResult pull_image(const PullRequest& request, TransferObserver& observer) = 0;
  // Sends the image that has this reference. kNotFound when there is none; else as pull_image.
  virtual PushResult push_image(const PushRequest& request, TransferObserver& observer) = 0;
  // The digest ("sha256:...") that the registry has for the reference, of the index when there is one.
  // Nothing is fetched. Errors as pull_image.
  virtual std::string resolve_digest(const std::string& reference) = 0;

  // The store of this machine's images, for what only the image commands do: tag, inspect, history, save,
  // load, prune. kUnavailable when the engine keeps none.
  virtual ImageStore& image_store() {
    throw Error(Error::Kind::kUnavailable, "this engine keeps no images of its own");
  }

  // What `network doctor` judges: the host, the networks named by id, and the containers that run on them.
  // Takes up to seconds, when name servers do not answer.
  virtual doctor::Facts examine_networks(const std::vector<std::string>&) {
    throw Error(Error::Kind::kUnavailable, "this engine's networks cannot be examined from here");
  }

  // ---- events (events/journal.h); the verbs above note what they do themselves
  // What a caller did that no verb here tells of, "restart" for one. A container that is gone is no error.
  virtual void note_container_event(const std::string&, const std::string&) {}

  // ---- upkeep
  // Removes folders and cgroups that no record claims and finishes half-done removals. Cheap
  // when there is nothing to do; the mutating commands call it first. Of the containers of `project` those
  // that a command is just starting, which may have been killed meanwhile, are up or have failed afterwards.
  virtual void reconcile(const std::string& project) = 0;
  void reconcile() { reconcile({}); }
  // Removes links of this data root that no record claims: what is left when rows are lost, or a command was
  // killed. Apart from `reconcile`, as it has to look at all links of the machine, and waits while others are
  // being made or taken away.
  virtual void remove_unclaimed_links() {}
  // Takes away the default network if no container is on it: at once, or with `wait` when the time has come
  // for which `remove_after_run` leaves it.
  virtual void drop_idle_network(bool wait) = 0;
  virtual const Paths& paths() const = 0;
};

// Opens (and makes) the state below `paths`. Throws engine::Error(kDenied) when not permitted, kUnavailable
// when the state cannot be used (with the cause and way out). `exit_hook`: command line run when a container
// ended by itself, to have `reconcile` and `drop_idle_network` called soon; empty: the next command does it.
// With `--link NAME` behind it: to have `end_network_link(NAME)` called, which needs no engine.
std::unique_ptr<Engine> open_local_engine(const Paths& paths, std::vector<std::string> exit_hook = {});
// Takes away the link of a retired network. Throws sys::Error.
void end_network_link(const std::string& name);

}  // namespace engine
