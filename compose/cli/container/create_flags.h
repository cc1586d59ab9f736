#pragma once
// The flags of `container run` and `container create` that say what the container is like. Each sets an
// attribute of the Compose Specification, which is then read and made a container's configuration by the very
// code that serves Compose files. What no file may say yet (plan/support_table.cpp) is so refused here too,
// and a flag works from the day its attribute does. Source: docker's reference, "docker container run".
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/arguments.h"
#include "compose/cli/context.h"
#include "parser/service.h"

namespace compose::cli {

class CreateFlags {
 public:
  // Declares the flags on `arguments`, which must not have been parsed yet. -h is the host name's.
  explicit CreateFlags(Arguments& arguments);
  ~CreateFlags();
  CreateFlags(const CreateFlags&) = delete;
  CreateFlags& operator=(const CreateFlags&) = delete;

  // After the parsing: whether it is to be on a network, where it finds others by name.
  bool has_network() const;
  // After the parsing: the container as a service. `words`: the image and the command. A service without a
  // network_mode has a network. Throws parser::LoadError with everything that is wrong or not supported, each
  // at its flag.
  parser::Service service(Context& context, const std::vector<std::string>& words);

  std::string name, cidfile;
  std::string pull = "missing";  // always, missing, never
  std::string platform;
  bool interactive = false, tty = false, remove = false, publish_all = false, quiet = false;

 private:
  struct Given;

  std::unique_ptr<Given> given_;
};

}  // namespace compose::cli
