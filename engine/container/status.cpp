#include "engine/container/status.h"

#include <array>

#include "engine/container/json_fields.h"
#include "sys/file.h"

namespace {

constexpr std::array kStates = {"created", "running", "restarting", "paused", "exited", "dead"};
constexpr std::array kHealths = {"", "starting", "healthy", "unhealthy"};

template <typename T, typename U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

template <typename Names, typename Enum>
bool find_name(const Names& names, const std::string& text, Enum& value) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (text != names[i]) continue;
    value = static_cast<Enum>(i);
    return true;
  }
  return false;
}

}  // namespace

namespace sys {

template <typename A, Is<ProcessId> T>
void describe(A& archive, T& id) {
  archive("pid", id.pid);
  archive("start_time", id.start_time);
}

}  // namespace sys

namespace engine {

std::string to_string(State state) {
  return kStates.at(static_cast<size_t>(state));
}
std::string to_string(Health health) {
  return kHealths.at(static_cast<size_t>(health));
}
bool from_string(const std::string& text, State& state) {
  return find_name(kStates, text, state);
}
bool from_string(const std::string& text, Health& health) {
  return find_name(kHealths, text, health);
}

template <typename A, Is<HealthResult> T>
void describe(A& archive, T& result) {
  archive("started_ms", result.started_ms);
  archive("ended_ms", result.ended_ms);
  archive("exit_code", result.exit_code);
  archive("output", result.output);
}

template <typename A, Is<Status> T>
void describe(A& archive, T& status) {
  archive("state", status.state);
  archive("health", status.health);
  archive("failing_streak", status.failing_streak);
  archive("health_log", status.health_log);
  archive("process", status.process);
  archive("monitor", status.monitor);
  archive("boot_id", status.boot_id);
  archive("started_ms", status.started_ms);
  archive("finished_ms", status.finished_ms);
  archive("exit_code", status.exit_code);
  archive("oom_killed", status.oom_killed);
  archive("restart_count", status.restart_count);
  archive("stopped_by_user", status.stopped_by_user);
  archive("error", status.error);
}

std::string to_json(const Status& status) {
  return json_fields::write(status, json_fields::BadBytes::kReplace);
}

Status status_from_json(const std::string& text) {
  return json_fields::read<Status>(text, "status.json");
}

const std::string& present_boot_id() {
  static const std::string present = [] {
    std::string id = sys::read_file("/proc/sys/kernel/random/boot_id");
    if (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
  }();
  return present;
}

Status read_recorded_status(const std::string& state_dir) {
  const std::string path = state_dir + "/status.json";
  const auto text = sys::read_file_if_exists(path);
  if (!text) return {};
  Status unknown;
  unknown.state = State::kExited;
  unknown.exit_code = 255;
  if (text->empty()) {  // it was not on the disk yet
    unknown.error = path + " is empty, as after a loss of power: how the container ended is not known";
    return unknown;
  }
  try {
    return status_from_json(*text);
  } catch (const Error& error) {
    unknown.error = path + " is damaged, how the container ended is not known: " + error.what();
    return unknown;
  }
}

bool has_program(const Status& status) {
  return status.state == State::kRunning || status.state == State::kPaused;
}

bool goes_on(const Status& status) {
  return has_program(status) || status.state == State::kRestarting;
}

bool is_kept(const Status& recorded) {
  return goes_on(recorded) && recorded.boot_id == present_boot_id() && sys::is_alive(recorded.monitor);
}

Status read_status(const std::string& state_dir) {
  Status status = read_recorded_status(state_dir);
  if (!goes_on(status)) return status;
  const auto keeper_lives = [](const Status& s) {
    if (s.boot_id != present_boot_id()) return false;
    // Between two runs only the monitor is there; a container that just ended is being recorded by it.
    return sys::is_alive(s.process) || sys::is_alive(s.monitor);
  };
  if (keeper_lives(status)) return status;
  // The end may have been recorded between reading the file and looking for the process.
  status = read_recorded_status(state_dir);
  if (!goes_on(status) || keeper_lives(status)) return status;
  status.state = State::kExited;
  status.exit_code = 255;
  status.health = Health::kNone;
  return status;
}

}  // namespace engine
