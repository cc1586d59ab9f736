#include "compose/cli/container/made.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "compose/cli/container/random_name.h"
#include "compose/cli/failure.h"
#include "compose/cli/foreground.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/lean.h"
#include "compose/cli/network/subcommands.h"
#include "compose/cli/seccomp_profiles.h"
#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"
#include "engine/error.h"
#include "engine/image/image_store.h"
#include "parser/diagnostic.h"
#include "sys/error.h"
#include "sys/late_library.h"

namespace compose::cli {
namespace {

// The id is written once the container is there; the file is made before, so that two commands do not share
// one, and goes again when nothing comes of it.
class IdFile {
 public:
  explicit IdFile(const std::string& path) : path_(path) {
    if (path_.empty()) return;
    file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file_) return;
    if (errno == EEXIST)
      throw CommandError("--cidfile: " + path_ +
                         " exists already; make sure no container uses it, and remove it");
    sys::fail("open", path_);
  }
  ~IdFile() {
    if (file_) ::unlink(path_.c_str());
  }
  IdFile(const IdFile&) = delete;
  IdFile& operator=(const IdFile&) = delete;

  void write(const std::string& id) {
    if (!file_) return;
    sys::write_all(file_.get(), id);
    file_.reset();
  }

 private:
  std::string path_;
  sys::Fd file_;
};

bool is_to_fetch(const CreateFlags& flags, const std::optional<engine::StoredImage>& image) {
  return flags.pull == "always" || (!image && flags.pull != "never");
}

// `image`, or what is fetched instead.
engine::StoredImage need_image(Context& context, const CreateFlags& flags, const std::string& name,
                               std::optional<engine::StoredImage> image, const Cancellation& cancellation) {
  if (is_to_fetch(flags, image)) {
    if (!image) tell("Unable to find image '" + name + "' locally\n");
    fetch_image(context, {name, flags.platform}, flags.quiet, cancellation);
    image = context.engine().image_store().find(name);
  }
  if (!image)
    throw CommandError("no such image: " + name +
                       (flags.pull == "never" ? "; without --pull never it is fetched" : ""));
  return std::move(*image);
}

// "80", "53/udp", "3000-3005/tcp" into single ports.
void add_exposed(const std::string& text, std::vector<engine::PublishedPort>& ports) {
  const size_t slash = text.find('/'), dash = text.find('-');
  const int first = std::atoi(text.c_str());
  const int last = dash == std::string::npos ? first : std::atoi(text.c_str() + dash + 1);
  for (int number = first; number > 0 && number <= last; ++number) {
    engine::PublishedPort port;
    port.container_port = static_cast<uint16_t>(number);
    if (slash != std::string::npos) port.protocol = text.substr(slash + 1);
    const bool published = std::any_of(ports.begin(), ports.end(), [&](const auto& other) {
      return other.container_port == port.container_port && other.protocol == port.protocol;
    });
    if (!published) ports.push_back(port);
  }
}

bool share_network(const engine::ContainerInfo& other, const engine::ContainerConfig& config) {
  return std::any_of(config.networks.begin(), config.networks.end(),
                     [&](const auto& attachment) { return is_attached(other, attachment.network); });
}

// By the other's name, whatever it was named by; an alias that is not given is that name.
void note_links(Context& context, const parser::Service& service, engine::ContainerConfig& config) {
  config.links.clear();
  for (const parser::Link& link : service.external_links) {
    const auto other = context.engine().find_container(link.service);
    if (!other) throw CommandError("--link: no such container: " + link.service);
    if (!is_up(*other))
      throw CommandError("--link: container " + link.service + " is not running; start it first");
    if (!share_network(*other, config))
      throw CommandError("--link: container " + link.service +
                         " is on none of the networks of the new one; connect both to one with --network");
    config.links[link.alias == link.service ? other->name : link.alias] = other->name;
  }
}

// By id: a name may come to another.
void note_lender(Context& context, engine::ContainerConfig& config) {
  constexpr std::string_view kContainer = "container:";
  if (config.network_mode.rfind(kContainer, 0) != 0) return;
  const std::string name = config.network_mode.substr(kContainer.size());
  const auto other = context.engine().find_container(name);
  if (!other) throw CommandError("--network " + config.network_mode + ": no such container: " + name);
  config.network_mode = std::string(kContainer) + other->id;
}

// A reference by id, or the beginning of one, becomes the name.
void name_networks(Context& context, engine::ContainerConfig& config) {
  const auto networks = context.engine().networks();
  for (engine::AttachmentConfig& attachment : config.networks) {
    if (attachment.network == engine::kDefaultNetwork) continue;
    const auto known = find_network(networks, attachment.network);
    if (!known)
      throw CommandError("network " + attachment.network +
                         " not found; make it with 'compose network create " + attachment.network + "'");
    attachment.network = known->name;
  }
}

void make_volumes(Context& context, const engine::ContainerConfig& config) {
  for (const engine::MountConfig& mount : config.mounts) {
    if (mount.type != engine::MountConfig::Type::kVolume || mount.source.empty()) continue;
    engine::VolumeConfig volume;
    volume.name = mount.source;
    try {
      const auto volumes = context.engine().volumes();
      const bool there = std::any_of(volumes.begin(), volumes.end(),
                                     [&](const auto& other) { return other.name == volume.name; });
      if (!there) context.engine().create_volume(volume);
    } catch (const engine::Error& error) {
      if (error.kind() != engine::Error::Kind::kConflict) throw;  // else another command was quicker
    }
  }
}

engine::ContainerInfo create_named(engine::Engine& engine, engine::ContainerConfig config) {
  if (!config.name.empty()) return engine.create_container(config);
  constexpr int kAttempts = 10;
  for (int attempt = 0;; ++attempt) {
    config.name = random_name(attempt);
    if (engine.find_container(config.name) && attempt < kAttempts) continue;
    try {
      return engine.create_container(config);
    } catch (const engine::Error& error) {
      if (error.kind() != engine::Error::Kind::kConflict || attempt == kAttempts ||
          !engine.find_container(config.name))
        throw;
    }
  }
}

// Before the engine's upkeep: the name or address may be that of one that is about to go.
engine::ContainerInfo create_or_tidy(engine::Engine& engine, const engine::ContainerConfig& config) {
  try {
    return create_named(engine, config);
  } catch (const engine::Error&) {
    engine.reconcile();
    return create_named(engine, config);
  }
}

}  // namespace

engine::ContainerInfo make_container(Context& context, CreateFlags& flags,
                                     const std::vector<std::string>& words, Use use,
                                     const Cancellation& cancellation) {
  parser::Service service = flags.service(context, words);
  read_seccomp_profile(service);
  if (flags.remove && service.restart.policy != parser::Restart::Policy::kNo)
    throw CommandError("--rm and --restart cannot be used together");
  if (service.network_mode.rfind("container:", 0) == 0) {
    for (const auto& [given, flag] : {std::pair(!service.ports.empty(), "--publish"),
                                      {flags.publish_all, "--publish-all"},
                                      {!service.expose.empty(), "--expose"}})
      if (given)
        throw CommandError(std::string(flag) + " does not go with --network " + service.network_mode +
                           "; give it to that container");
  }
  if (!service.network_mode.empty() && (!service.ports.empty() || flags.publish_all))
    tell("WARNING: published ports are discarded with network mode " + service.network_mode + '\n');
  auto there = context.engine().image_store().find(service.image);
  if (is_to_fetch(flags, there)) sys::want_libraries();
  lean::settle();
  IdFile id_file(flags.cidfile);
  if (use != Use::kForeground) context.engine().reconcile();
  const engine::StoredImage image = need_image(context, flags, service.image, std::move(there), cancellation);
  engine::ContainerConfig config = container_config({}, service, 1, flags.name, image.id);
  // Without those of a project: it is of none. docker's containers have their image's labels as well.
  config.labels = service.labels;
  config.labels.insert(image.config.labels.begin(), image.config.labels.end());
  config.auto_remove = flags.remove;
  if (use == Use::kWait) config.owner = engine::kNoOwner;
  config.publish_all = flags.publish_all;
  if (flags.publish_all && service.network_mode.empty()) {
    for (const std::string& port : image.config.exposed_ports) add_exposed(port, config.ports);
    for (const std::string& port : config.expose) add_exposed(port, config.ports);
  }
  name_networks(context, config);
  note_links(context, service, config);
  note_lender(context, config);
  make_volumes(context, config);
  engine::ContainerInfo container = use == Use::kForeground ? create_or_tidy(context.engine(), config)
                                                            : create_named(context.engine(), config);
  id_file.write(container.id);
  return container;
}

int as_docker_run(Context& context, const std::string& command, const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    tell("error: " + std::string(error.what()) + "\nSee `compose container " + command + " --help`.\n");
  } catch (const parser::LoadError& error) {
    for (const parser::Diagnostic& diagnostic : error.diagnostics()) tell(diagnostic.to_string() + '\n');
  } catch (const HelpWanted&) {
    throw;
  } catch (const std::exception& error) {
    context.show_error(error.what());
  }
  return kExitEngine;
}

}  // namespace compose::cli
