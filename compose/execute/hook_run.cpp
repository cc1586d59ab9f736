#include "compose/execute/hook_run.h"

namespace compose {

int run_hook(engine::Engine& engine, const std::string& container, const Hook& hook, int cancel,
             const std::function<void(const std::string& line)>& output) {
  constexpr size_t kLongestLine = 16384;  // what is longer is cut in pieces
  std::string open;                       // a line without an end yet
  engine::ExecRequest request;
  request.args = hook.command;
  request.env = hook.environment;
  request.user = hook.user;
  request.working_dir = hook.working_dir;
  request.privileged = hook.privileged;
  request.interactive = false;
  request.cancel = cancel;
  request.output = [&](std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte != '\n') open += byte;
      if (byte != '\n' && open.size() < kLongestLine) continue;
      output(open);
      open.clear();
    }
  };
  const int code = engine.exec(container, std::move(request));
  if (!open.empty()) output(open);
  return code;
}

std::string hook_failure(const std::string& resource, const std::string& turn, const Hook& hook, int code) {
  return resource + ": " + turn + " hook exited with status " + std::to_string(code) + ": " +
         hook.command.front();
}

}  // namespace compose
