#pragma once
// The engine of this machine: ties state, images, networks, volumes and the runtime together. Its verbs are
// spread over local_*.cpp, one concern each.
//
// Order of things, so that a kill at any point leaves nothing unclaimed: the database row is written before
// the thing it describes is made, and deleted after the thing is gone. What a dead process left half-way is
// therefore always found from a row (see reconcile).
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/build/step_gate.h"
#include "engine/early_start.h"
#include "engine/engine.h"
#include "engine/image/image_store.h"
#include "engine/image/timestamp.h"
#include "engine/life.h"
#include "engine/port_reservation.h"
#include "engine/state/containers.h"
#include "engine/state/database.h"
#include "engine/state/networks.h"
#include "engine/state/volumes.h"
#include "netmgr/driver.h"
#include "sys/file.h"

namespace engine {

class ContainerRoot;

// How ContainerConfig::owner begins.
inline constexpr char kOwnerPrefix[] = "owner-";

class LocalEngine final : public Engine, public ContainerLife {
 public:
  LocalEngine(const Paths& paths, std::vector<std::string> exit_hook, std::shared_ptr<EarlyStart> early);
  ~LocalEngine() override;

  std::vector<ContainerInfo> containers(const std::string& project) override;
  std::vector<NetworkInfo> networks() override;
  std::vector<VolumeInfo> volumes() override;
  std::vector<ImageInfo> images() override;
  std::optional<ImageInfo> find_image(const std::string& reference) override;
  std::optional<ContainerInfo> find_container(const std::string& id_or_name) override;

  NetworkInfo create_network(const NetworkConfig& config) override;
  NetworkInfo create_network_early(const NetworkConfig& config,
                                   const std::function<void()>& recorded) override;
  void remove_network(const std::string& name) override;
  void retire_network(const std::string& name) override;
  VolumeInfo create_volume(const VolumeConfig& config) override;
  void remove_volume(const std::string& name) override;

  ContainerInfo create_container(const ContainerConfig& config) override;
  void rename_container(const std::string& id, const std::string& name) override;
  ContainerInfo start_container(const std::string& id) override;
  void prepare_starts() noexcept override { early_->monitors.warm_up(); }
  void settle() noexcept override;
  Attached start_attached(const std::string& id, const AttachRequest& request) override;
  Attached attach_container(const std::string& id, bool input) override;
  void stop_container(const std::string& id, std::optional<int64_t> grace_ms) override;
  void stop(const std::string& id, const StopRequest& request) override;
  void restart(const std::string& id, const StopRequest& request) override;
  void update(const std::string& id, const std::function<void(ContainerLimits&)>& change) override;
  void reconfigure(const std::string& id, const std::map<std::string, std::string>& environment,
                   const std::map<std::string, std::string>& labels) override;
  void kill_container(const std::string& id, const std::string& signal) override;
  void pause_container(const std::string& id) override;
  void unpause_container(const std::string& id) override;
  void disconnect_container(const std::string& id) override;
  void connect_network(const std::string& id, const AttachmentConfig& attachment) override;
  void disconnect_network(const std::string& id, const std::string& network) override;
  ContainerConfig configuration_of(const std::string& id) override;
  int64_t written_bytes(const std::string& id) override;
  void remove_container(const std::string& id, bool force, bool volumes) override;
  bool remove_after_run(const std::string& id) override;
  Status watch_container(const std::string& id, int64_t timeout_ms,
                         const std::function<bool(const Status&)>& changed) override;
  int exec(const std::string& id, ExecRequest request) override;

  Usage container_usage(const std::string& id) override;
  std::vector<Process> container_processes(const std::string& id) override;

  bool is_image_below(const std::string& ancestor, const std::string& image_id) override;
  std::string commit_container(const std::string& id, const CommitRequest& request) override;
  std::vector<std::string> export_container(const std::string& id, const ByteSink& sink) override;
  std::vector<PathChange> container_changes(const std::string& id) override;

  CopyResult copy_into(const std::string& id, const ContainerCopy& copy) override;
  CopyResult copy_out_of(const std::string& id, const ContainerCopy& copy) override;
  SyncResult sync(const std::string& id, const SyncRequest& request) override;

  BuildResult build(const BuildRequest& request, BuildObserver& observer) override;
  ImageInfo import_image(const ImportRequest& request) override;
  std::vector<std::string> remove_image(const std::string& reference, bool force) override;

  PullResult pull_image(const PullRequest& request, TransferObserver& observer) override;
  PushResult push_image(const PushRequest& request, TransferObserver& observer) override;
  std::string resolve_digest(const std::string& reference) override;

  ImageStore& image_store() override { return images_; }

  doctor::Facts examine_networks(const std::vector<std::string>& ids) override;

  void note_container_event(const std::string& id, const std::string& action) override;

  using Engine::reconcile;
  void reconcile(const std::string& project) override;
  void remove_unclaimed_links() override;
  void drop_idle_network(bool wait) override;
  const Paths& paths() const override { return paths_; }

 private:
  // ---- queries
  ContainerRecord need_container(const std::string& id_or_name);
  ContainerListing need_listing(const std::string& id_or_name);
  StoredImage need_image(const std::string& reference);
  void provide(const std::string& reference);  // bundled_image.h; once is enough
  ContainerInfo describe(ContainerListing listing, const std::vector<NetworkRecord>& networks);
  Status status_of(const std::string& container_id);

  // ---- networks
  void bring_up(const NetworkRecord& network);
  EndpointRecord allocate(const AttachmentConfig& attachment);
  void connect_again(ContainerRecord& record);  // after disconnect_container
  NetworkInfo add_network(const NetworkConfig& config, const std::function<void()>& recorded = {});
  // By name or id: links, rules and row; kConflict when a container is on it. Nothing when there is none.
  // By `end`, which is called with the network and the others; its row is there still.
  using NetworkEnd = std::function<void(const netmgr::Network&, const std::vector<netmgr::Network>&)>;
  std::optional<NetworkRecord> take_away_network(const std::string& name, const NetworkEnd& end);
  // default_network.cpp
  std::string idle_lock() const;
  void make_default_network();     // unless it is there
  void drop_default_network();     // when nobody is on it
  void leave_default_network();    // the same, but it waits for the next container
  void outwait_default_network();  // and drops it then, unless it is in use
  bool has_idle_network();         // it waits, and no process for the end of that
  void drop_overdue_network();     // left by a process that was killed
  std::optional<NetworkRecord> unused_default_network();
  // local_network_files.cpp: what a container and its monitor know of its networks.
  void set_network(Spec& spec, const ContainerRecord& record, const std::vector<NetworkRecord>& networks);
  // Those that `set_network` has it mount.
  void write_network_files(const Spec& spec, const ContainerRecord& record,
                           const std::vector<NetworkRecord>& networks);
  // `name`: the network's.
  SpecNetwork spec_network(const ContainerRecord& record, const EndpointRecord& endpoint,
                           const std::string& name) const;
  void set_names(Spec& spec, const ContainerRecord& record, const std::vector<NetworkRecord>& networks);
  void share_network_files(Spec& spec, const ContainerConfig& config);
  std::vector<std::string> link_variables(const ContainerRecord& record);
  // local_connect.cpp: a running container's links and what its monitor knows of them.
  // `endpoint` is the last of the record's.
  void plug_in(const ContainerRecord& record, const EndpointRecord& endpoint, const NetworkRecord& network,
               const std::vector<NetworkRecord>& networks);
  void unplug(const ContainerRecord& before, const ContainerRecord& after, const EndpointRecord& endpoint,
              const std::vector<NetworkRecord>& networks);
  // The link alone, from a container that runs or does not.
  void pull_out(const NetworkRecord& network, const ContainerRecord& record, const EndpointRecord& endpoint);
  // The same from this namespace; with none, what is on the host of it.
  static void pull_out_of(const sys::Fd& netns, const NetworkRecord& network, const ContainerRecord& record,
                          const EndpointRecord& endpoint);
  // The network namespace of a container that has ended, as long as one that joined it runs; else nothing.
  sys::Fd namespace_of_guest(const ContainerRecord& lender);
  void tell_monitor(const ContainerRecord& record, const std::vector<NetworkRecord>& networks);
  // Of one that is up: spec.json as `change` makes it, which its monitor then reads again; false: it stays.
  void change_spec(const ContainerRecord& record, const std::function<bool(Spec&)>& change);
  // Published ports lead to where the default route is.
  static void move_ports(const ContainerRecord& before, const ContainerRecord& after,
                         const std::vector<NetworkRecord>& networks);

  struct Removal {
    bool force = false, volumes = false;
    bool only_ended = false;  // one that is up stays, and so does one that its maker is about to start
    bool leave = false;       // the default network, when this was the last container on it
  };
  void remove_container(const std::string& id, const Removal& how);

  // ---- upkeep
  void release_dead_containers(const std::string& project);
  void release_if_dead(const ContainerRecord& record);
  bool is_abandoned(const ContainerRecord& record);
  bool is_half_made(const ContainerRecord& record);
  bool is_over(const ContainerRecord& record);  // has ended, or is abandoned
  void await_start(const ContainerRecord& record);
  void adopt(const std::string& id);
  void remove_unclaimed_folders();
  void remove_abandoned_build_networks();
  void remove_abandoned_step_folders();
  void remove_discarded_volumes();
  // Lets containers go on that a process paused which is gone.
  void thaw_abandoned();

  // ---- volumes
  // Within a write transaction: deletes the row and moves the folder aside. The returned folder is to be
  // removed when the transaction is through; should this process die before, a reconcile does it.
  std::string discard_volume(const std::string& name);

  // ---- containers
  // Within a transaction: the volumes and binds of the containers named in `volumes_from` become mounts.
  void take_mounts_of_others(ContainerConfig& config);
  std::vector<MountRecord> make_mounts(const ContainerConfig& config, const StoredImage& image,
                                       std::vector<VolumeRecord>& fresh);
  // Takes back what create_container has made.
  void unmake(const ContainerRecord& record);
  // Runs `insert` in a write transaction, with the default network in place where the container is to be on
  // it.
  void insert_on_networks(const ContainerConfig& config, const std::function<void()>& insert);
  void fill_volumes(const ContainerRecord& record, const StoredImage& image);
  void fill_volume(const std::string& name, const sys::Fd& from);
  SpecMount spec_mount(const ContainerRecord& record, const MountRecord& mount);
  // Throws kConflict when a running container has a file system of the volume's that cannot be shared.
  void check_devices(const ContainerRecord& record);
  // The bytes of `files`, each a file of the container's folder that root alone can read.
  void keep_files(const ContainerRecord& record, const ContainerConfig& asked);
  std::string kept_file(const ContainerRecord& record, size_t index) const;
  std::vector<Reservation> take_ports(ContainerRecord& record, const std::vector<NetworkRecord>& networks);
  bool holds_port(const ContainerRecord& holder, const Reservation& reservation);
  std::vector<Reservation> hold_ports_again(const ContainerRecord& record);
  void prepare_bind_sources(const ContainerRecord& record);
  Spec make_spec(const ContainerRecord& record, const StoredImage& image,
                 const std::vector<NetworkRecord>& networks);
  // local_namespaces.cpp: whose namespaces it is in. The lenders must be there, run and be willing: kInvalid,
  // kConflict.
  void set_namespaces(Spec& spec, const ContainerConfig& config);
  std::optional<ContainerRecord> lender_of(const ContainerConfig& config, const char* kind,
                                           const std::string& mode);

  // ---- events (local_events.cpp)
  using EventAttributes = std::map<std::string, std::string>;
  static EventAttributes event_attributes(const ContainerRecord& record);
  static std::string event_attrs_of(const ContainerRecord& record);  // Spec::event_attrs
  void note(const std::string& type, const std::string& action, const std::string& id,
            EventAttributes attributes) const noexcept;
  void note_container(const ContainerRecord& record, const std::string& action,
                      const EventAttributes& more = {}) const noexcept;
  void note_container(const ContainerListing& listing, const std::string& action,
                      const EventAttributes& more = {}) const noexcept;
  void note_volume(const std::string& action, const std::string& name,
                   const EventAttributes& more = {}) const noexcept;
  // "connect" or "disconnect" of all its networks, "mount" or "unmount" of all its volumes.
  void note_networks(const ContainerRecord& record, const std::string& action);
  void note_volumes(const ContainerRecord& record, const std::string& action) const noexcept;

  // The container's own mounts, those of the engine left aside, a parent before what lies in it.
  std::vector<SpecMount> own_mounts(const ContainerRecord& record);
  // What it sees of files while it is down.
  Spec view_spec(const ContainerRecord& record);
  // Calls `action` with its files as it sees them.
  CopyResult with_files_of(
      const std::string& id,
      const std::function<CopyResult(const ContainerRecord&, const ContainerRoot&)>& action);
  // What the container wrote as a layer's folder; it stands still meanwhile.
  ImageStore::Draft copy_written(const ContainerRecord& record, const StoredImage& image,
                                 const CommitRequest& request);
  sys::FileLock lock_to_end(const ContainerRecord& record, const StopRequest& request);
  void ask_to_stop(const ContainerRecord& record, const StopRequest& request);
  void stop_and_release(const ContainerRecord& record, const StopRequest& request);
  void start_locked(ContainerRecord& record, const sys::FileLock& lock);
  // Held while a container is started, stopped or removed, so that nobody tidies up what is just being set
  // up. Its monitor holds it too, and longer where who asked for the start is killed.
  sys::FileLock lock_container(const std::string& id);
  // Read once: as long as a container is made of it an image stays what it is.
  StoredImage image_of(const ContainerRecord& record);
  void keep_image(const StoredImage& image);  // one that a container is made of
  static std::string cgroup_path(const ContainerRecord& record);
  std::string lock_path(const std::string& id) const {
    return paths_.run_root + "/locks/c-" + id.substr(0, 12);
  }
  // Takes away what a container holds only while it runs: published ports, links, run folder. Idempotent.
  using Launcher = std::function<void(ContainerStart& start)>;
  // Makes everything ready that the container needs to run, and has it started by `launcher`, under its lock.
  void launch(ContainerRecord& record, const sys::FileLock& lock, const Launcher& launcher);
  sys::Fd new_namespace();
  void release(const ContainerRecord& record);
  // So that its removal is quicker, which is soon to come.
  void prepare_removal(const std::string& id) noexcept;
  void note_stopped(const std::string& id);

  Paths paths_;
  std::vector<std::string> exit_hook_;
  Database db_;
  ImageStore images_;
  build::StepGate build_gate_;
  std::shared_ptr<EarlyStart> early_;
  std::mutex images_mutex_;
  std::map<std::string, StoredImage> images_in_use_;  // by their ids
  std::recursive_mutex bundle_mutex_;                 // providing looks for the image as well
  bool is_provided_ = false;
  std::mutex stopped_mutex_;
  std::set<std::string> stopped_;  // containers whose end may not have reached the disk yet
  std::mutex network_mutex_;       // one thread at a time brings a bridge up
  std::set<std::string> networks_up_;
  std::vector<pid_t> link_enders_;  // processes that see to the links of retired networks
};

}  // namespace engine
