#pragma once
// What containers use of the machine, as a table that is renewed each second, or once.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compose/cli/arguments.h"
#include "compose/cli/context.h"
#include "engine/model.h"

namespace compose::cli {

struct StatsFlags {
  bool all = false;        // those that are down too
  bool no_stream = false;  // once
  bool no_trunc = false;   // whole ids
  std::string format;
  std::map<std::string, std::string> named;  // containers that were named: id -> as they were
  void declare(Arguments& arguments);
};

// `list` gives the containers each time anew: those that come and go meanwhile appear and vanish. Returns
// when `no_stream`, or when none is left of those that were named.
int show_stats(Context& context, const StatsFlags& flags,
               const std::function<std::vector<engine::ContainerInfo>()>& list);

}  // namespace compose::cli
