#pragma once
// A container made of busybox in folders of its own; everything is ended and removed with it.
#include <string>
#include <utility>
#include <vector>

#include "engine/container/runtime.h"
#include "engine/container/spec.h"
#include "engine/container/status.h"
#include "sys/fd.h"

namespace container_test {

// True when the test can run; prints why not otherwise.
bool is_root();

inline engine::SpecMount bind(const std::string& source, const std::string& target, bool read_only = false) {
  engine::SpecMount mount;
  mount.source = source;
  mount.target = target;
  mount.read_only = read_only;
  return mount;
}

class Container {
 public:
  Container();
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  engine::Spec spec;  // of `sleep`-less defaults: change it, then start
  std::string root;   // the temporary folder
  std::string lower() const { return root + "/lower"; }

  sys::ProcessId start(const std::vector<int>& held = {});  // `held`: sockets of its host ports
  engine::Attached attach(bool input);
  // Runs `script` by /bin/sh as the container's only work; exit code and output.
  std::pair<int, std::string> step(const std::string& script);
  // Starts with `sleep` as command (unless args are set), then runs `script` inside.
  std::pair<int, std::string> exec(const std::string& script, engine::ExecRequest request = {});
  engine::Status status() const { return engine::read_status(spec.state_dir); }
  engine::Status wait_for_end();
  // Waits until `wanted` says yes, at most ten seconds.
  engine::Status wait_until(const std::function<bool(const engine::Status&)>& wanted);
  void stop(int64_t grace_ms = 0);
  std::string log() const;
  engine::MonitorServer& monitors() { return monitors_; }
  void write_lower(const std::string& path, const std::string& text, unsigned mode = 0644);

 private:
  sys::Fd netns_;
  engine::MonitorServer monitors_;
};

// Runs exec_in_container in a child process with its output in a pipe.
std::pair<int, std::string> captured_exec(const Container& container, const engine::ExecRequest& request);
std::string cgroup_folder(const engine::Spec& spec, const std::string& controller);

}  // namespace container_test
