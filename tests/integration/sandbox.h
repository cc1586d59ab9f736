#pragma once
// A place for one test: own data root, run root, project name and network namespace, with the busybox image
// in the store. In the namespace the "host" has loopback and one more interface, 198.51.100.2 with the
// default route, so that tests run in parallel, may use any port, and everything found on the wire at the end
// was left by this test.
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "run.h"

namespace it {

inline constexpr char kHostAddress[] = "198.51.100.2";

// False, having said so, when this is not root: a test returns then at once.
bool is_root();

class Sandbox {
 public:
  enum class Network {
    kOwn,   // as above
    kHost,  // the machine's own, for what needs to reach package mirrors; see enter_own_network
  };
  explicit Sandbox(Network network = Network::kOwn);
  // Takes away by force what a failed test left; does not judge.
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // The project directory; commands run there.
  const std::string& directory() const { return directory_; }
  const std::string& project() const { return project_; }
  std::string data_root() const { return base_ + "/data"; }
  std::string run_root() const { return base_ + "/run"; }

  // Writes a file below the project directory, making its folders. `compose_file` writes compose.yaml.
  void file(const std::string& path, const std::string& text);
  void compose_file(const std::string& text) { file("compose.yaml", text); }

  // `compose ARGS`.
  Output compose(const std::vector<std::string>& args);
  // The same; the test fails unless it exits with 0.
  Output ok(const std::vector<std::string>& args);
  std::vector<std::string> command(const std::vector<std::string>& args) const;
  RunOptions& options() { return options_; }

  // Rows of `ps -a --format json`, by name.
  nlohmann::json containers();
  nlohmann::json container(const std::string& service, int number = 1);
  // Container ids as `ps -q SERVICE` prints them, sorted.
  std::set<std::string> ids(const std::string& service = "");
  // What the container's status.json says, read without any command of ours.
  nlohmann::json recorded_status(const std::string& id) const;
  // Standard output of `exec -T SERVICE ARGS`; the test fails unless it exits with 0.
  std::string inside(const std::string& service, const std::vector<std::string>& args);
  std::string log(const std::string& service);  // `logs --no-color --no-log-prefix SERVICE`

  void enter_own_network();

  // Processes, mounts, links, rules, cgroups and files that are still there; each a line. What the project
  // keeps by design (images, named volumes) is not counted.
  std::vector<std::string> leftovers();
  // The test fails for each leftover that does not go within a few seconds: a monitor ends a moment after its
  // container.
  void check_nothing_left();
  // `down -v -t 0`, then nothing may be left.
  void finish();

 private:
  explicit Sandbox(std::string project);  // the folder alone; delegated to, so that the destructor runs
                                          // whatever fails after
  void note_containers();

  std::string base_, directory_, project_;
  bool own_network_ = false;
  RunOptions options_;
  std::set<std::string> seen_;  // container ids met in the data root, for their cgroups
};

// How the paths of all sandboxes of this build tree begin: another tree's tests may run at the same time.
std::string sandbox_prefix();

// Path of a base image archive, made when it is not there: "busybox", "debian-slim".
std::string base_image(const std::string& name);

// GET with curl: the body, or nothing when there was no good answer within three seconds.
std::string http(const std::string& url);

}  // namespace it
