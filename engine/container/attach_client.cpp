// Attaching to a container that runs already, by its monitor's control socket.
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "engine/container/local_socket.h"
#include "engine/container/message.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// As much as an ordinary user may have (fs.pipe-max-size): the more a reader may be behind, the less the
// container notices of him. It is no matter when it cannot be had.
constexpr int kRoom = 1 << 20;

sys::Pipe roomy_pipe() {
  sys::Pipe pipe = sys::pipe();
  ::fcntl(pipe.write.get(), F_SETPIPE_SZ, kRoom);
  return pipe;
}

}  // namespace

std::optional<Attached> attach_container(const std::string& run_dir, bool input) {
  Attached attached;
  attached.report = connect_monitor(run_dir);
  if (!attached.report) return std::nullopt;
  sys::Pipe output = roomy_pipe(), error = roomy_pipe();
  const int report = attached.report.get();
  if (!send_message(report, R"({"op":"attach","stream":"stdout"})", output.write.get()) ||
      !send_message(report, R"({"op":"attach","stream":"stderr"})", error.write.get()))
    return std::nullopt;
  auto message = receive_message(report);
  if (!message) return std::nullopt;
  const nlohmann::json answer = nlohmann::json::parse(message->text, nullptr, false);
  if (!answer.is_object() || !answer.value("ok", false)) {
    throw Error(Error::Kind::kConflict,
                answer.is_object() ? answer.value("error", message->text) : message->text);
  }
  const Spec spec = spec_from_json(sys::read_file(spec_file(run_dir)));
  attached.terminal = spec.tty;
  attached.takes_input = input && spec.stdin_open && message->fd;
  attached.came_later = true;
  if (attached.takes_input || spec.tty) attached.input = std::move(message->fd);
  attached.output = std::move(output.read);
  attached.error = std::move(error.read);
  return attached;
}

}  // namespace engine
