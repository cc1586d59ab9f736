#pragma once
// An engine in memory with the real one's rules: unique names, addresses held from create on, host ports from
// start on, nothing removed while in use. Thread-safe. Records its calls; `before` may delay a call or throw
// in its place.
#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"
#include "compose/plan/ports.h"
#include "engine/engine.h"

namespace compose::test {

// What a container of a service does once it is started.
struct Behaviour {
  enum class Kind { kRuns, kGetsHealthy, kGetsUnhealthy, kExits } kind = Kind::kRuns;
  int exit_code = 0;
  int after_ms = 0;  // until healthy, unhealthy or exited
};

class FakeEngine : public engine::Engine {
 public:
  using Kind = engine::Error::Kind;
  using Clock = std::chrono::steady_clock;

  std::map<std::string, Behaviour> behaviours;  // by service
  // Of one container; null, and without an answer: by its service.
  std::function<std::optional<Behaviour>(const engine::ContainerInfo&)> behaviour_of;
  std::function<void(const std::string& call)> before = [](const std::string&) {};

  std::vector<std::string> calls() {
    const Lock lock(mutex_);
    return calls_;
  }
  void add_image(const std::string& name, const std::string& id, const engine::Labels& labels = {}) {
    const Lock lock(mutex_);
    images_[name].id = id;
    images_[name].labels = labels;
  }
  std::vector<std::string> anonymous_targets;  // VOLUME of every image

  Observed observe(const std::string& project) {
    std::vector<engine::ContainerInfo> others = containers("");
    std::erase_if(others, [&](const auto& container) {
      return label_of(container.labels, "com.docker.compose.project") == project;
    });
    return {containers(project), others, networks(), volumes(), images_};
  }

  std::vector<engine::ContainerInfo> containers(const std::string& project) override {
    const Lock lock(mutex_);
    std::vector<engine::ContainerInfo> found;
    for (auto& item : containers_) {
      if (!project.empty() && item.info.labels["com.docker.compose.project"] != project) continue;
      update(item);
      found.push_back(item.info);
    }
    return found;
  }
  std::vector<engine::NetworkInfo> networks() override {
    const Lock lock(mutex_);
    return networks_;
  }
  std::vector<engine::VolumeInfo> volumes() override {
    const Lock lock(mutex_);
    return volumes_;
  }
  std::vector<engine::ImageInfo> images() override {
    std::vector<engine::ImageInfo> found;
    for (const auto& entry : images_) found.push_back(entry.second);
    return found;
  }
  std::optional<engine::ImageInfo> find_image(const std::string& reference) override {
    const Lock lock(mutex_);
    const auto found = images_.find(reference);
    if (found == images_.end()) return std::nullopt;
    return found->second;
  }
  std::optional<engine::ContainerInfo> find_container(const std::string& key) override {
    const Lock lock(mutex_);
    Item* item = find(key);
    if (item == nullptr) return std::nullopt;
    update(*item);
    return item->info;
  }

  engine::NetworkInfo create_network_early(const engine::NetworkConfig& config,
                                           const std::function<void()>& recorded) override {
    engine::NetworkInfo info = create_network(config);
    if (bring_up) {
      recorded();
      bring_up();
    }
    return info;
  }
  std::function<void()>
      bring_up;  // of a network whose containers can be created meanwhile; null: they cannot
  engine::NetworkInfo create_network(const engine::NetworkConfig& config) override {
    note("create network " + config.name);
    const Lock lock(mutex_);
    for (const auto& network : networks_) {
      if (network.name == config.name)
        throw engine::Error(Kind::kConflict, "network " + config.name + " exists");
    }
    engine::NetworkInfo info;
    info.id = next_id();
    info.name = config.name;
    info.driver = config.driver;
    info.pools = config.pools;
    info.labels = config.labels;
    networks_.push_back(info);
    return info;
  }
  void remove_network(const std::string& name) override {
    note("remove network " + name);
    const Lock lock(mutex_);
    for (const auto& item : containers_) {
      if (is_attached(item.info, name))
        throw engine::Error(Kind::kConflict, "network " + name + " is in use");
    }
    std::erase_if(networks_, [&](const auto& network) { return network.name == name; });
  }
  engine::VolumeInfo create_volume(const engine::VolumeConfig& config) override {
    note("create volume " + config.name);
    const Lock lock(mutex_);
    for (const auto& volume : volumes_) {
      if (volume.name == config.name)
        throw engine::Error(Kind::kConflict, "volume " + config.name + " exists");
    }
    engine::VolumeInfo info;
    info.name = config.name;
    info.driver = config.driver;
    info.labels = config.labels;
    volumes_.push_back(info);
    return info;
  }
  void remove_volume(const std::string& name) override {
    note("remove volume " + name);
    const Lock lock(mutex_);
    for (const auto& item : containers_) {
      if (mounts_volume(item.info, name))
        throw engine::Error(Kind::kConflict, "volume " + name + " is in use");
    }
    std::erase_if(volumes_, [&](const auto& volume) { return volume.name == name; });
  }

  engine::ContainerInfo create_container(const engine::ContainerConfig& config) override {
    note("create " + config.name);
    const Lock lock(mutex_);
    if (find(config.name) != nullptr)
      throw engine::Error(Kind::kConflict, "name " + config.name + " is taken");
    const auto image = images_.find(config.image);
    if (image == images_.end()) throw engine::Error(Kind::kNotFound, "no image " + config.image);
    Item item;
    item.info.id = next_id();
    item.info.name = config.name;
    item.info.image = config.image;
    item.info.image_id = image->second.id;
    item.info.labels = config.labels;
    item.info.ports = config.ports;
    for (const auto& attachment : config.networks) item.info.endpoints.push_back(endpoint(attachment));
    mount(config, item.info);
    containers_.push_back(item);
    return item.info;
  }
  void rename_container(const std::string& id, const std::string& name) override {
    note("rename " + name_of(id) + " " + name);
    const Lock lock(mutex_);
    if (find(name) != nullptr) throw engine::Error(Kind::kConflict, "name " + name + " is taken");
    get(id).info.name = name;
  }
  engine::ContainerInfo start_container(const std::string& id) override {
    note("start " + name_of(id));
    const Lock lock(mutex_);
    Item& item = get(id);
    if (is_up(item.info)) return item.info;
    for (const auto& other : containers_) {
      if (&other == &item || !is_up(other.info)) continue;
      for (const auto& port : item.info.ports) {
        for (const auto& held : other.info.ports) {
          if (overlap(port, held) && port.host_port_end <= port.host_port) {
            throw engine::Error(Kind::kConflict, "port " + shown(port) + " is held by " + other.info.name);
          }
        }
      }
    }
    item.started = Clock::now();
    item.info.status = {};
    item.info.status.state = engine::State::kRunning;
    item.info.status.started_ms = 1;
    update(item);
    return item.info;
  }
  void stop_container(const std::string& id, std::optional<int64_t>) override {
    note("stop " + name_of(id));
    end(id, 143);
  }
  void kill_container(const std::string& id, const std::string& signal) override {
    note("kill " + name_of(id) + " " + signal);
    end(id, 137);
  }
  void pause_container(const std::string& id) override { set_state("pause", id, engine::State::kPaused); }
  void unpause_container(const std::string& id) override {
    set_state("unpause", id, engine::State::kRunning);
  }
  engine::Usage container_usage(const std::string&) override { return {}; }
  std::vector<engine::Process> container_processes(const std::string&) override { return {}; }
  void disconnect_container(const std::string& id) override {
    note("disconnect " + name_of(id));
    const Lock lock(mutex_);
    Item& item = get(id);
    if (is_up(item.info)) throw engine::Error(Kind::kConflict, item.info.name + " is running");
    item.info.endpoints.clear();
  }
  void remove_container(const std::string& id, bool force, bool anonymous_volumes) override {
    note("remove " + name_of(id));
    const Lock lock(mutex_);
    Item& item = get(id);
    if (is_up(item.info) && !force) throw engine::Error(Kind::kConflict, item.info.name + " is running");
    for (const auto& gone : item.info.mounts) {
      if (!gone.anonymous || !anonymous_volumes) continue;
      const bool used = std::any_of(containers_.begin(), containers_.end(), [&](const Item& other) {
        return other.info.id != id && mounts_volume(other.info, gone.volume);
      });
      if (used) continue;
      std::erase_if(volumes_, [&](const auto& volume) { return volume.name == gone.volume; });
    }
    std::erase_if(containers_, [&](const Item& candidate) { return candidate.info.id == id; });
  }
  engine::Status watch_container(const std::string& id, int64_t timeout_ms,
                                 const std::function<bool(const engine::Status&)>& changed) override {
    const auto end = Clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
      const engine::Status status = status_of(id);
      const bool ended = status.state == engine::State::kExited || status.state == engine::State::kDead;
      if (!changed(status) || ended || Clock::now() >= end) return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  int exec(const std::string&, engine::ExecRequest) override { return 0; }
  bool is_image_below(const std::string& ancestor, const std::string& image_id) override {
    const auto image = find_image(ancestor);
    return image && image->id == image_id;
  }
  std::string commit_container(const std::string& id, const engine::CommitRequest& request) override {
    note("commit container " + id + " as " + request.reference);
    return "sha256:" + std::string(64, 'c');
  }
  std::vector<std::string> export_container(const std::string& id, const engine::ByteSink&) override {
    note("export container " + id);
    return {};
  }
  std::vector<engine::PathChange> container_changes(const std::string&) override { return {}; }

  engine::BuildResult build(const engine::BuildRequest& request, engine::BuildObserver& observer) override {
    note("build " + request.tags.front());
    const engine::BuildStep run{2, "", 2, 2, "RUN make"};
    observer.step({1, "", 1, 2, "FROM busybox"}, true);
    observer.step(run, false);
    observer.output(run, "one\ntw");
    observer.output(run, "o\nlast");
    observer.finished(run, true, 5);
    if (observer.cancelled()) throw engine::Error(Kind::kInternal, "build stopped");
    const Lock lock(mutex_);
    images_[request.tags.front()].id = "sha256:" + next_id();
    return {images_[request.tags.front()].id, 2, 1};
  }
  engine::ImageInfo import_image(const engine::ImportRequest&) override {
    throw engine::Error(Kind::kInvalid, "not in the fake");
  }
  std::vector<std::string> remove_image(const std::string& reference, bool) override {
    note("remove image " + reference);
    const Lock lock(mutex_);
    for (const auto& item : containers_) {
      if (item.info.image == reference)
        throw engine::Error(Kind::kConflict, "image " + reference + " is in use");
    }
    images_.erase(reference);
    return {"Untagged: " + reference};
  }
  engine::PullResult pull_image(const engine::PullRequest& request, engine::TransferObserver&) override {
    note("pull " + request.reference);
    const Lock lock(mutex_);
    engine::ImageInfo& image = images_[request.reference];
    engine::PullResult result;
    result.newer = image.id.empty();
    if (result.newer) image.id = "sha256:pulled-" + request.reference;
    result.image_id = image.id;
    result.reference = request.reference;
    return result;
  }
  engine::PushResult push_image(const engine::PushRequest& request, engine::TransferObserver&) override {
    note("push " + request.reference);
    return {request.reference, "sha256:pushed", 0, 0};
  }
  std::string resolve_digest(const std::string& reference) override {
    note("resolve " + reference);
    return "sha256:resolved";
  }
  void reconcile(const std::string&) override {}
  bool remove_after_run(const std::string& id) override {
    remove_container(id, true, true);
    return false;
  }
  void drop_idle_network(bool) override {}
  const engine::Paths& paths() const override { return paths_; }

  // For tests that disturb things.
  void set_state(const std::string& name, engine::State state, int exit_code = 0) {
    const Lock lock(mutex_);
    Item& item = get(name);
    item.info.status.state = state;
    item.info.status.exit_code = exit_code;
  }
  void set_health_log(const std::string& output, int exit_code) {
    const Lock lock(mutex_);
    health_log_ = {{0, 1, exit_code, output}};
  }

 private:
  using Lock = std::lock_guard<std::recursive_mutex>;
  struct Item {
    engine::ContainerInfo info;
    Clock::time_point started;
  };

  void note(const std::string& call) {
    before(call);
    const Lock lock(mutex_);
    calls_.push_back(call);
  }
  void set_state(const std::string& verb, const std::string& id, engine::State state) {
    note(verb + ' ' + name_of(id));
    const Lock lock(mutex_);
    get(id).info.status.state = state;
  }
  std::string next_id() {
    static const char* digits = "0123456789abcdef";
    std::string id;
    ++counter_;
    for (int shift = 44; shift >= 0; shift -= 4) id += digits[(counter_ >> shift) & 15];
    return id + std::string(52, 'f');
  }
  Item* find(const std::string& key) {
    for (auto& item : containers_) {
      if (item.info.id == key || item.info.name == key) return &item;
    }
    return nullptr;
  }
  Item& get(const std::string& key) {
    Item* item = find(key);
    if (item == nullptr) throw engine::Error(Kind::kNotFound, "no container " + key);
    return *item;
  }
  std::string name_of(const std::string& id) {
    const Lock lock(mutex_);
    const Item* item = find(id);
    return item == nullptr ? id : item->info.name;
  }
  engine::Status status_of(const std::string& id) {
    const Lock lock(mutex_);
    Item& item = get(id);
    update(item);
    return item.info.status;
  }
  void end(const std::string& id, int exit_code) {
    const Lock lock(mutex_);
    Item& item = get(id);
    if (!is_up(item.info)) return;
    item.info.status.state = engine::State::kExited;
    item.info.status.exit_code = exit_code;
  }
  void update(Item& item) {
    engine::Status& status = item.info.status;
    if (status.state != engine::State::kRunning) return;
    const auto own = behaviour_of ? behaviour_of(item.info) : std::nullopt;
    const Behaviour behaviour = own ? *own : behaviours[service_of(item.info)];
    const bool due = Clock::now() - item.started >= std::chrono::milliseconds(behaviour.after_ms);
    switch (behaviour.kind) {
      case Behaviour::Kind::kRuns:
        break;
      case Behaviour::Kind::kGetsHealthy:
        status.health = due ? engine::Health::kHealthy : engine::Health::kStarting;
        break;
      case Behaviour::Kind::kGetsUnhealthy:
        status.health = due ? engine::Health::kUnhealthy : engine::Health::kStarting;
        status.health_log = health_log_;
        break;
      case Behaviour::Kind::kExits:
        if (due) {
          status.state = engine::State::kExited;
          status.exit_code = behaviour.exit_code;
        }
        break;
    }
  }
  engine::EndpointInfo endpoint(const engine::AttachmentConfig& attachment) {
    const auto network = std::find_if(networks_.begin(), networks_.end(), [&](const auto& candidate) {
      return candidate.name == attachment.network;
    });
    if (network == networks_.end()) throw engine::Error(Kind::kNotFound, "no network " + attachment.network);
    engine::EndpointInfo info;
    info.network = network->name;
    info.network_id = network->id;
    info.aliases = attachment.aliases;
    info.address = attachment.ipv4_address;
    for (int host = 2; info.address.empty(); ++host) {
      const std::string address = "10.0.0." + std::to_string(host);
      if (!is_taken(network->name, address)) info.address = address;
    }
    if (is_taken(network->name, info.address)) {
      throw engine::Error(Kind::kConflict, "address " + info.address + " is taken");
    }
    return info;
  }
  bool is_taken(const std::string& network, const std::string& address) {
    for (const auto& item : containers_) {
      for (const auto& other : item.info.endpoints) {
        if (other.network == network && other.address == address) return true;
      }
    }
    return false;
  }
  void mount(const engine::ContainerConfig& config, engine::ContainerInfo& info) {
    const auto anonymous = [&](const std::string& target) {
      const auto inherited = config.inherited_volumes.find(target);
      engine::VolumeInfo volume;
      volume.name = inherited == config.inherited_volumes.end() ? next_id() : inherited->second;
      volume.anonymous = true;
      if (inherited == config.inherited_volumes.end()) volumes_.push_back(volume);
      info.mounts.push_back({engine::MountConfig::Type::kVolume, volume.name, true, "", target, false});
    };
    for (const auto& mount : config.mounts) {
      if (mount.type != engine::MountConfig::Type::kVolume) {
        info.mounts.push_back({mount.type, "", false, mount.source, mount.target, mount.read_only});
      } else if (mount.source.empty()) {
        anonymous(mount.target);
      } else {
        const bool there = std::any_of(volumes_.begin(), volumes_.end(),
                                       [&](const auto& volume) { return volume.name == mount.source; });
        if (!there) throw engine::Error(Kind::kNotFound, "no volume " + mount.source);
        info.mounts.push_back({mount.type, mount.source, false, "", mount.target, mount.read_only});
      }
    }
    for (const auto& target : anonymous_targets) anonymous(target);
  }

  std::recursive_mutex mutex_;
  std::vector<std::string> calls_;
  std::vector<Item> containers_;
  std::vector<engine::NetworkInfo> networks_;
  std::vector<engine::VolumeInfo> volumes_;
  std::map<std::string, engine::ImageInfo> images_;
  std::vector<engine::HealthResult> health_log_;
  uint64_t counter_ = 0;
  engine::Paths paths_;
};

}  // namespace compose::test
