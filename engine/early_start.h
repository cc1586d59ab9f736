#pragma once
// What a start takes anyway, begun before the state is even opened, so that it is there when the command has
// done its own work.
#include <memory>
#include <string>
#include <vector>

#include "engine/container/monitor_server.h"
#include "engine/engine.h"
#include "sys/fd.h"

namespace engine {

// For who is going to start one container, which will find others by name or not, or to run one program in
// one.
enum class Soon { kStart, kStartWithNames, kExec };

struct EarlyStart {
  EarlyStart();
  MonitorServer monitors;
};

// What is wrong with any of it the start itself tells.
std::shared_ptr<EarlyStart> begin_early(Soon what) noexcept;

// As the one of engine.h, with what was begun.
std::unique_ptr<Engine> open_local_engine(const Paths& paths, std::vector<std::string> exit_hook,
                                          std::shared_ptr<EarlyStart> early);

}  // namespace engine
