#include "engine/step_runner.h"

#include <unistd.h>

#include <exception>
#include <list>
#include <thread>

#include "engine/confinement.h"
#include "engine/container/cgroup.h"
#include "engine/container/runtime.h"
#include "engine/ssh_forward.h"
#include "engine/step_folder.h"
#include "netmgr/driver.h"
#include "netmgr/namespace_scope.h"
#include "sys/file.h"
#include "sys/random.h"

namespace engine {
namespace {

// A step asks the host's resolvers directly. A resolver on the host's own loopback cannot be reached from
// another network namespace; systemd-resolved keeps the real ones in a file of its own.
std::string resolver_text(bool host_network) {
  const std::string own = sys::read_file_if_exists("/etc/resolv.conf").value_or("");
  if (host_network || own.find("nameserver 127.") == std::string::npos) return own;
  return sys::read_file_if_exists("/run/systemd/resolve/resolv.conf").value_or(own);
}

SpecMount engine_file(const std::string& run_dir, const std::string& name, const std::string& text) {
  SpecMount mount;
  mount.source = run_dir + "/" + name;
  mount.target = "/etc/" + name;
  sys::write_file_atomic(mount.source, text);
  return mount;
}

std::string to_hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// What a mount of the builder's is to the runtime; kSsh is served by `agents` in `folder`.
SpecMount spec_mount(const RunMount& mount, const std::string& folder, std::list<SshForward>& agents) {
  SpecMount out;
  out.target = mount.target;
  out.source = mount.source;
  out.read_only = mount.read_only;
  switch (mount.type) {
    case RunMount::Type::kFolder:
      break;
    case RunMount::Type::kLayers:
      out.type = SpecMount::Type::kLayers;
      out.lower_dirs = mount.layers;
      out.scratch = mount.scratch;
      break;
    case RunMount::Type::kTmpfs:
      out.type = SpecMount::Type::kTmpfs;
      out.tmpfs_size = mount.size;
      out.options = {"exec"};
      break;
    case RunMount::Type::kFile:
      out.type = SpecMount::Type::kFile;
      out.content_hex = to_hex(mount.content);
      out.uid = mount.uid;
      out.gid = mount.gid;
      out.mode = mount.mode;
      break;
    case RunMount::Type::kSsh: {
      const std::string place = folder + "/ssh" + std::to_string(agents.size());
      sys::make_dirs(place, 0700);
      agents.emplace_back(SshForward::Place{place, "socket", mount.uid, mount.gid, mount.mode}, mount.agents);
      out.source = place + "/socket";
      break;
    }
  }
  return out;
}

// What a step says, passed on by a thread of its own until the last holder of the write end is gone.
class OutputReader {
 public:
  explicit OutputReader(const std::function<void(const std::string&)>& output) : pipe_(sys::pipe()) {
    thread_ = std::jthread([&output, fd = pipe_.read.get()] {
      char buffer[16384];
      ssize_t n = 0;
      while ((n = ::read(fd, buffer, sizeof buffer)) > 0) output(std::string(buffer, static_cast<size_t>(n)));
    });
  }
  ~OutputReader() {
    pipe_.write.reset();
    thread_ = {};
  }
  OutputReader(const OutputReader&) = delete;
  OutputReader& operator=(const OutputReader&) = delete;
  int fd() const { return pipe_.write.get(); }

 private:
  sys::Pipe pipe_;
  std::jthread thread_;
};

}  // namespace

int LocalStepRunner::run(const RunRequest& request, const std::function<void(const std::string&)>& output,
                         int cancel_fd) {
  const StepFolder folder(paths_);
  BuildNetwork::Place place;
  if (request.network == "none") {
    place.netns = netmgr::new_namespace();
  } else if (request.network != "host") {
    place = network_.attach();
  }
  Spec spec = make_spec(request, folder.path(), place);
  std::list<SshForward> agents;
  for (const RunMount& mount : request.mounts)
    spec.mounts.push_back(spec_mount(mount, folder.path(), agents));
  const OutputReader reader(output);
  return run_step(spec, place.netns, reader.fd(), cancel_fd);
}

Spec LocalStepRunner::make_spec(const RunRequest& request, const std::string& run_dir,
                                const BuildNetwork::Place& place) const {
  Spec spec;
  spec.id = sys::random_hex(64);
  spec.name = spec.hostname = "build-" + spec.id.substr(0, 12);
  spec.lower_dirs = request.lower_dirs;
  spec.upper_dir = request.upper_dir;
  spec.work_dir = request.work_dir;
  spec.args = request.args;
  spec.env = request.env;
  spec.working_dir = request.working_dir.empty() ? "/" : request.working_dir;
  spec.user = request.user;
  confine(spec, {request.insecure, {}, {}}, paths_);
  spec.host_network = request.network == "host";
  if (request.sandbox.shm_size > 0) spec.shm_size = request.sandbox.shm_size;
  spec.resources.memory = request.sandbox.memory;
  for (const auto& [name, limit] : request.sandbox.ulimits)
    spec.ulimits.push_back({name, limit.soft, limit.hard});
  spec.cgroup = std::string(kEngineCgroup) + '/' + spec.id;
  spec.run_dir = spec.state_dir = run_dir;
  std::vector<std::string> own;
  if (!place.address.empty()) own.push_back(place.address);
  const std::string hosts =
      hosts_text(request.sandbox.extra_hosts, place.gateway, own, spec.hostname, "the build");
  spec.mounts = {engine_file(run_dir, "hosts", hosts), engine_file(run_dir, "hostname", spec.hostname + "\n"),
                 engine_file(run_dir, "resolv.conf", resolver_text(spec.host_network))};
  return spec;
}

}  // namespace engine
