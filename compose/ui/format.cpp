#include "compose/ui/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "netmgr/address.h"

namespace compose::ui {

std::string human_size(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {  // 999.5 would be printed as 1e+03
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g}{}", value, kUnits[unit]);
}

std::string binary_size(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.4g}{}", value, kUnits[unit]);
}

std::string human_duration(int64_t milliseconds) {
  const int64_t seconds = milliseconds / 1000;
  const int64_t minutes = seconds / 60;
  const int64_t hours = (minutes + 30) / 60;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return fmt::format("{} minutes", minutes);
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  if (hours < 24 * 7 * 2) return fmt::format("{} days", hours / 24);
  if (hours < 24 * 30 * 2) return fmt::format("{} weeks", hours / 24 / 7);
  if (hours < 24 * 365 * 2) return fmt::format("{} months", hours / 24 / 30);
  return fmt::format("{} years", hours / 24 / 365);
}

std::string seconds(int64_t milliseconds) {
  return fmt::format("{}.{}s", milliseconds / 1000, milliseconds % 1000 / 100);
}

namespace {

std::string health_suffix(engine::Health health) {
  switch (health) {
    case engine::Health::kNone:
      return "";
    case engine::Health::kStarting:
      return " (health: starting)";
    case engine::Health::kHealthy:
      return " (healthy)";
    case engine::Health::kUnhealthy:
      return " (unhealthy)";
  }
  return "";
}

std::string ago(int64_t then_ms, int64_t now_ms) {
  return human_duration(std::max<int64_t>(0, now_ms - then_ms)) + " ago";
}

}  // namespace

std::string status_text(const engine::Status& status, int64_t now_ms) {
  const std::string up = "Up " + human_duration(std::max<int64_t>(0, now_ms - status.started_ms));
  switch (status.state) {
    case engine::State::kCreated:
      return "Created";
    case engine::State::kRunning:
      return up + health_suffix(status.health);
    case engine::State::kPaused:
      return up + " (Paused)";
    case engine::State::kRestarting:
      return fmt::format("Restarting ({}) {}", status.exit_code, ago(status.finished_ms, now_ms));
    case engine::State::kExited:
      return fmt::format("Exited ({}) {}", status.exit_code, ago(status.finished_ms, now_ms));
    case engine::State::kDead:
      return "Dead";
  }
  return "";
}

namespace {

// A run of ports that can be shown as one: both sides count up together.
struct Run {
  std::string host_ip, protocol;
  int host = 0, target = 0, length = 1;  // host 0: not published
};

std::string range(int first, int length) {
  return length == 1 ? std::to_string(first) : fmt::format("{}-{}", first, first + length - 1);
}

std::string to_string(const Run& run) {
  const std::string target = range(run.target, run.length) + '/' + run.protocol;
  if (run.host == 0) return target;
  return netmgr::host_and_port(run.host_ip, range(run.host, run.length)) + "->" + target;
}

}  // namespace

std::string host_and_port(const engine::PublishedPort& port) {
  return netmgr::host_and_port(port.host_ip.empty() ? "0.0.0.0" : port.host_ip,
                               std::to_string(port.host_port));
}

std::vector<std::pair<int, std::string>> only_exposed(const std::vector<engine::PublishedPort>& ports,
                                                      const std::vector<std::string>& expose) {
  std::vector<std::pair<int, std::string>> result;
  for (const std::string& text : expose) {
    const size_t slash = text.find('/');
    const std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
    const int number = std::atoi(text.c_str());
    const bool published = std::any_of(ports.begin(), ports.end(), [&](const auto& port) {
      return port.container_port == number && port.protocol == protocol;
    });
    if (!published && number > 0) result.emplace_back(number, protocol);
  }
  return result;
}

std::string ports_text(const std::vector<engine::PublishedPort>& ports,
                       const std::vector<std::string>& expose) {
  std::vector<Run> all;
  all.reserve(ports.size() + expose.size());
  for (const auto& port : ports) {
    all.push_back({port.host_ip.empty() ? "0.0.0.0" : port.host_ip, port.protocol, port.host_port,
                   port.container_port});
  }
  for (const auto& [number, protocol] : only_exposed(ports, expose)) all.push_back({"", protocol, 0, number});
  std::sort(all.begin(), all.end(), [](const Run& a, const Run& b) {
    return std::tie(a.protocol, a.host_ip, a.target, a.host) <
           std::tie(b.protocol, b.host_ip, b.target, b.host);
  });
  std::vector<Run> runs;
  for (const Run& port : all) {
    Run* last = runs.empty() ? nullptr : &runs.back();
    if (last != nullptr && last->host_ip == port.host_ip && last->protocol == port.protocol &&
        last->target + last->length == port.target &&
        (port.host == 0 ? last->host == 0 : last->host != 0 && last->host + last->length == port.host)) {
      ++last->length;
    } else {
      runs.push_back(port);
    }
  }
  // Published ones first, as docker lists them.
  std::stable_partition(runs.begin(), runs.end(), [](const Run& run) { return run.host != 0; });
  std::string text;
  for (const Run& run : runs) text += (text.empty() ? "" : ", ") + to_string(run);
  return text;
}

std::string short_id(std::string_view id) {
  if (id.substr(0, 7) == "sha256:") id.remove_prefix(7);
  return std::string(id.substr(0, 12));
}

std::string quoted_command(const std::string& text, size_t size) {
  if (size == 0 || text.size() <= size) return '"' + text + '"';
  size_t end = size - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // never inside a code point
  return '"' + text.substr(0, end) + "\u2026\"";
}

}  // namespace compose::ui
