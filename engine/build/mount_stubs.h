#pragma once
// The runtime makes the mount points a step lacks. They are no work of the step's and must not stay in its
// layer.
#include <string>
#include <vector>

namespace engine::build {

class MountStubs {
 public:
  // Before the step: notes which of `targets`, absolute paths, are missing in the stack of `upper` and
  // `lowers` (topmost first). Throws sys::Error.
  MountStubs(const std::string& upper, const std::vector<std::string>& lowers,
             const std::vector<std::string>& targets);
  // After it: takes away those that are still empty, and folders in `upper` that only were a way to them.
  // The step may have put links anywhere: none is followed. Throws sys::Error.
  void remove() const;

 private:
  bool has_in_upper(const std::string& path) const;
  void remove_stub(const std::string& path) const;
  void remove_copy(const std::string& path) const;

  std::string upper_;
  std::vector<std::string> lowers_;
  std::vector<std::string> stubs_;   // without links; sorted, so that parents come first
  std::vector<std::string> copies_;  // folders of lower layers that were not in the upper one; sorted
};

}  // namespace engine::build
