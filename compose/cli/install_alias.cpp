// `compose install-alias`: links under the names that scripts and fingers know.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/session.h"
#include "engine/container/installed_program.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

namespace fs = std::filesystem;

// The program that `name` starts in a shell; empty when there is none.
fs::path found_in_path(const std::string& path, const std::string& name) {
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const fs::path file = fs::path(path.substr(begin, end - begin)) / name;
    if (end > begin && ::access(file.c_str(), X_OK) == 0) return file;
    begin = end + 1;
  }
  return {};
}

class Aliases {
 public:
  Aliases(Context& context, fs::path folder, bool force)
      : folder_(std::move(folder)),
        path_(context.variable("PATH")),
        home_(context.variable("HOME")),
        self_(engine::own_program()),
        force_(force) {}

  void install() {
    link(folder_ / "docker-compose");
    const fs::path docker = found_in_path(path_, "docker");
    if (docker.empty() || is_ours(docker) || docker == folder_ / "docker") {
      link(folder_ / "docker");
      return;
    }
    print(docker.string() + " stays as it is\n");
    if (!plugin_folder().empty()) link(plugin_folder() / "docker-compose");  // so that `docker compose` is us
  }

  void remove() {
    for (const fs::path& file :
         {folder_ / "docker-compose", folder_ / "docker", plugin_folder() / "docker-compose"}) {
      if (!is_ours(file)) continue;
      fs::remove(file);
      print("Removed " + file.string() + '\n');
    }
  }

  void tell_if_out_of_reach() const {
    const fs::path found = found_in_path(path_, "docker-compose");
    if (found.empty())
      tell("warning: " + folder_.string() + " is not in PATH: the shell does not find what is in it\n");
    else if (!is_ours(found))
      tell("warning: " + found.string() + " comes first in PATH\n");
  }

 private:
  bool is_ours(const fs::path& file) const {
    std::error_code error;
    return fs::is_symlink(file, error) && fs::equivalent(file, self_, error);
  }

  fs::path plugin_folder() const {
    return home_.empty() ? fs::path() : fs::path(home_) / ".docker" / "cli-plugins";
  }

  void link(const fs::path& file) {
    std::error_code error;
    const bool there = fs::exists(fs::symlink_status(file, error));
    if (there && !is_ours(file) && !force_)
      throw CommandError(file.string() + " is there already and is not compose; --force replaces it");
    fs::create_directories(file.parent_path());
    // Made beside it and renamed: at no time is there none.
    const fs::path made = file.string() + ".new";
    fs::remove(made);
    fs::create_symlink(self_, made);
    fs::rename(made, file);
    print(file.string() + " -> " + self_.string() + '\n');
  }

  fs::path folder_;
  std::string path_, home_;
  fs::path self_;
  bool force_;
};

}  // namespace

int install_alias_command(Context& context, const Words& args) {
  std::string folder;
  bool force = false, remove = false;
  Arguments arguments(
      "install-alias [OPTIONS]",
      "Make `docker-compose` and `docker` start this program, so that scripts and habits need "
      "not change. A docker program that is there stays, and `docker compose` becomes this "
      "program (as a plug-in in ~/.docker/cli-plugins).");
  arguments.option("--dir", folder, "Folder for the links; /usr/local/bin, or ~/.local/bin when not root");
  arguments.flag("-f,--force", force, "Replace a docker-compose that is something else");
  arguments.flag("--remove", remove, "Remove the links again");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  if (folder.empty()) folder = ::geteuid() == 0 ? "/usr/local/bin" : context.variable("HOME") + "/.local/bin";
  Aliases aliases(context, fs::absolute(folder).lexically_normal(), force);
  try {
    if (remove) {
      aliases.remove();
    } else {
      aliases.install();
      aliases.tell_if_out_of_reach();
    }
  } catch (const fs::filesystem_error& error) {
    throw CommandError("cannot change " + error.path1().string() + ": " + error.code().message());
  }
  return kExitOk;
}

}  // namespace compose::cli
