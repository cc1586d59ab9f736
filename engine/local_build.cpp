// Building and importing images.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "engine/build/builder.h"
#include "engine/build/changes.h"
#include "engine/build/curl_downloader.h"
#include "engine/build_network.h"
#include "engine/container/seccomp.h"
#include "engine/image/reference.h"
#include "engine/local_engine.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/random.h"

namespace engine {

namespace {

constexpr char kStepFolder[] = "step-";

// The files that are mounted over a step's root: the runtime makes missing mount points, and these must not
// become part of the layer.
constexpr const char* kEngineFiles[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};

// A step's run folder: gone with it, however it ends, or found by its name once this process is dead.
class StepFolder {
 public:
  explicit StepFolder(const Paths& paths) : path_(paths.run_root + "/b/" + sys::own_name(kStepFolder)) {
    sys::make_dirs(path_, 0700);
  }
  ~StepFolder() {
    try {
      sys::remove_tree(path_);
    } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): a reconcile finds it
    }
  }
  StepFolder(const StepFolder&) = delete;
  StepFolder& operator=(const StepFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class LocalStepRunner final : public StepRunner {
 public:
  LocalStepRunner(Engine& engine, const Paths& paths) : network_(engine), paths_(paths) {}

  int run(const RunRequest& request, const std::function<void(const std::string&)>& output,
          int cancel_fd) override {
    const StepFolder folder(paths_);
    Spec spec = make_spec(request, folder.path());
    const std::vector<std::string> stubs = missing_engine_files(spec);
    const sys::Fd netns = network_.attach();
    sys::Pipe pipe = sys::pipe();
    std::thread reader([&output, fd = pipe.read.get()] {
      char buffer[16384];
      ssize_t n = 0;
      while ((n = ::read(fd, buffer, sizeof buffer)) > 0) output(std::string(buffer, static_cast<size_t>(n)));
    });
    int code = 0;
    std::exception_ptr failure;
    try {
      code = run_step(spec, netns, pipe.write.get(), cancel_fd);
    } catch (...) {
      failure = std::current_exception();
    }
    pipe.write.reset();
    reader.join();
    for (const std::string& path : stubs) remove_stub(path);
    if (failure) std::rethrow_exception(failure);
    return code;
  }

 private:
  Spec make_spec(const RunRequest& request, const std::string& run_dir) const {
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
    spec.capabilities = effective_capabilities({}, {}, false);
    spec.seccomp_bpf = cached_default_seccomp(paths_.run_root, spec.capabilities);
    spec.cgroup = "/compose/" + spec.id;
    spec.run_dir = spec.state_dir = run_dir;
    sys::write_file_atomic(spec.run_dir + "/hosts",
                           "127.0.0.1\tlocalhost " + spec.hostname + "\n::1\tlocalhost\n");
    sys::write_file_atomic(spec.run_dir + "/hostname", spec.hostname + "\n");
    for (const char* target : kEngineFiles) {
      SpecMount mount;
      mount.target = target;
      mount.source = spec.run_dir + "/" + std::string(target).substr(5);
      if (std::string(target) == "/etc/resolv.conf") mount.source = resolver_file();
      spec.mounts.push_back(std::move(mount));
    }
    return spec;
  }

  // A step asks the host's resolvers directly. A resolver on the host's own loopback cannot be reached from
  // another network namespace; systemd-resolved keeps the real ones in a file of its own.
  static std::string resolver_file() {
    const std::string text = sys::read_file_if_exists("/etc/resolv.conf").value_or("");
    const std::string behind_stub = "/run/systemd/resolve/resolv.conf";
    if (text.find("nameserver 127.") != std::string::npos && ::access(behind_stub.c_str(), R_OK) == 0)
      return behind_stub;
    return "/etc/resolv.conf";
  }

  static std::vector<std::string> missing_engine_files(const Spec& spec) {
    std::vector<std::string> missing;
    for (const char* target : kEngineFiles) {
      bool present = false;
      struct stat status {};
      for (const std::string& dir : spec.lower_dirs)
        present = present || ::lstat((dir + target).c_str(), &status) == 0;
      const std::string in_upper = spec.upper_dir + target;
      if (!present && ::lstat(in_upper.c_str(), &status) != 0) missing.push_back(in_upper);
    }
    return missing;
  }

  // A step may have put a link to a folder of the host where /etc was: no link is followed here.
  static void remove_stub(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string name = path.substr(slash + 1);
    const sys::Fd folder(
        ::open(path.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!folder || ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISREG(status.st_mode) && status.st_size == 0) ::unlinkat(folder.get(), name.c_str(), 0);
  }

  BuildNetwork network_;
  const Paths& paths_;
};

}  // namespace

void LocalEngine::remove_abandoned_step_folders() {
  const std::string folder = paths_.run_root + "/b";
  std::vector<std::string> doomed;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::optional<sys::ProcessId> owner = sys::owner_of_name(entry->d_name, kStepFolder);
    if (owner && !sys::is_alive(*owner)) doomed.push_back(folder + '/' + entry->d_name);
  }
  for (const std::string& path : doomed) sys::remove_tree(path);
}

BuildResult LocalEngine::build(const BuildRequest& request, BuildObserver& observer) {
  LocalStepRunner runner(*this, paths_);
  build::CurlDownloader downloader;
  return build_image(images_, runner, downloader, request, observer);
}

ImageInfo LocalEngine::import_image(const std::string& archive, const std::string& reference,
                                    const std::vector<std::string>& changes) {
  const std::string name = parse_reference(reference).to_string();
  ImageConfig config;
  apply_changes(config, changes);
  const std::string id = images_.import(archive, config);
  images_.tag(id, name);
  return *find_image(id);
}

}  // namespace engine
