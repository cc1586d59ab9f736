#include "engine/monitor/report.h"

#include <nlohmann/json.hpp>

#include "engine/container/message.h"
#include "engine/container/setup_error.h"
#include "engine/error.h"

namespace monitor {

namespace {

void send(int report, const nlohmann::json& message, int fd = -1) {
  engine::send_message(report, message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), fd);
}

}  // namespace

void report_started(int report, const sys::ProcessId& process, int console) {
  send(report, {{"ok", true}, {"pid", process.pid}, {"start_time", process.start_time}}, console);
}

void report_failure(int report, const std::exception& error) {
  const auto* setup = dynamic_cast<const engine::SetupError*>(&error);
  const auto* known = dynamic_cast<const engine::Error*>(&error);
  nlohmann::json message = {{"ok", false},
                            {"message", error.what()},
                            {"exit_code", setup != nullptr ? setup->exit_code() : engine::kExitSetupFailed}};
  if (known != nullptr) message["kind"] = static_cast<int>(known->kind());
  send(report, message);
}

void report_exit(int report, int exit_code) {
  send(report, {{"exit", exit_code}});
}

}  // namespace monitor
