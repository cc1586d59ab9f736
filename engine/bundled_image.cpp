#include "engine/bundled_image.h"

#include <sys/stat.h>

#include "engine/container/installed_program.h"
#include "engine/container/run_files.h"
#include "engine/error.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"
#include "engine/image/timestamp.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// Tells one program from another without reading it: size and time of its last change.
constexpr const char* kProgramLabel = "io.compose.load-balancer.program";
// "nonroot", as images without a shell have it; whoever else it is in, it owns nothing.
constexpr const char* kUser = "65532:65532";

struct Program {
  std::string path, identity;
  int64_t changed_ms = 0;
};

Program load_balancer_program() {
  Program program;
  program.path = installed_program("compose-lb", "COMPOSE_LB");
  struct stat status {};
  if (::stat(program.path.c_str(), &status) != 0)
    throw Error(Error::Kind::kUnavailable,
                std::string("image ") + kLoadBalancerImage + ": there is no " + program.path +
                    ", which belongs beside the compose program; or set COMPOSE_LB");
  program.identity = std::to_string(status.st_size) + '-' + std::to_string(status.st_mtim.tv_sec) + '.' +
                     std::to_string(status.st_mtim.tv_nsec);
  program.changed_ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  return program;
}

void make_folder(const std::string& path) {
  sys::check(::mkdir(path.c_str(), 0755), "mkdir", path);
  sys::check(::chmod(path.c_str(), 0755), "chmod", path);
}

// The same program gives the same image.
ImageConfig configuration(const Program& program, const std::string& diff_id) {
  ImageConfig config;
  config.entrypoint = {"/compose-lb"};
  config.cmd = {std::string(kLbFolder) + '/' + kLbConfig};
  config.user = kUser;
  config.exposed_ports = {"80/tcp", "443/tcp", "1936/tcp"};
  config.labels = {{kLoadBalancerLabel, "1"}, {kProgramLabel, program.identity}};
  config.created = format_rfc3339(program.changed_ms);
  config.diff_ids = {diff_id};
  config.history = {{config.created, "COPY compose-lb /", "comes with compose"}};
  return config;
}

// Containers may be made from it still.
void remove_former(ImageStore& images, const std::string& id) {
  try {
    images.remove(id, false);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it stays without a name, as rebuilt ones do
  }
}

}  // namespace

bool is_bundled(const std::string& reference) {
  if (reference.find(kLoadBalancerImage) == std::string::npos) return false;
  const Reference parsed = parse_reference(reference);
  if (parsed.registry != "docker.io" || parsed.repository != kLoadBalancerImage) return false;
  if (parsed.tag == "latest" && parsed.digest.empty()) return true;
  throw Error(Error::Kind::kNotFound, "image " + reference + ": " + kLoadBalancerImage +
                                          " is the load balancer that comes with this program, of which "
                                          "there is no version but its own; leave the tag out");
}

bool provide_bundled(ImageStore& images) {
  const Program program = load_balancer_program();
  const std::optional<StoredImage> present = images.find(kLoadBalancerImage);
  if (present) {
    const auto label = present->config.labels.find(kProgramLabel);
    if (label != present->config.labels.end() && label->second == program.identity) return false;
  }
  const sys::FileLock held = images.hold_layers();
  ImageStore::Draft draft = images.new_draft();
  const std::string copy = draft.diff() + "/compose-lb";
  sys::write_file_atomic(copy, sys::read_file(program.path));
  sys::check(::chmod(copy.c_str(), 0755), "chmod", copy);
  make_folder(draft.diff() + "/run");
  make_folder(draft.diff() + kLbFolder);
  const ImageStore::Layer layer = images.commit_layer(std::move(draft), "");
  const std::string id = images.add_image(configuration(program, layer.diff_id));
  images.tag(id, kLoadBalancerImage);
  if (present && present->id != id) remove_former(images, present->id);
  return true;
}

}  // namespace engine
