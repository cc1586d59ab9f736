#include "engine/step_folder.h"

#include <optional>

#include "sys/error.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/process.h"

namespace engine {

namespace {
constexpr char kPrefix[] = "step-";
}  // namespace

StepFolder::StepFolder(const Paths& paths) : path_(paths.run_root + "/b/" + sys::own_name(kPrefix)) {
  sys::make_dirs(path_, 0700);
}

StepFolder::~StepFolder() {
  try {
    sys::remove_tree(path_);
  } catch (const sys::Error&) {  // NOLINT(bugprone-empty-catch): a reconcile finds it
  }
}

void StepFolder::remove_abandoned(const Paths& paths) {
  const std::string folder = paths.run_root + "/b";
  for (const std::string& name : sys::names_in(folder)) {
    const std::optional<sys::ProcessId> owner = sys::owner_of_name(name, kPrefix);
    if (owner && !sys::is_alive(*owner)) sys::remove_tree(folder + '/' + name);
  }
}

}  // namespace engine
