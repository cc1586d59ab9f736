#pragma once
// Values in the words docker uses for them: sizes, ages, statuses, ports. All pure.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model.h"

namespace compose::ui {

// Decimal units, three significant digits: 4860000 -> "4.86MB".
std::string human_size(int64_t bytes);
// Binary units, four significant digits: 1753088 -> "1.672MiB".
std::string binary_size(int64_t bytes);
// "Less than a second", "About a minute", "3 minutes", "2 weeks".
std::string human_duration(int64_t milliseconds);
// A short running time for progress lines: "0.3s", "75.2s".
std::string seconds(int64_t milliseconds);
// "Up 3 minutes (healthy)", "Exited (0) 2 seconds ago", "Created".
std::string status_text(const engine::Status& status, int64_t now_ms);
// "0.0.0.0:8080", "[::1]:8080": where a port is published.
std::string host_and_port(const engine::PublishedPort& port);
// What a container exposes and does not publish: number and protocol.
std::vector<std::pair<int, std::string>> only_exposed(const std::vector<engine::PublishedPort>& ports,
                                                      const std::vector<std::string>& expose);
// "0.0.0.0:8080->80/tcp, 443/tcp"; neighbouring ports of one address are one range.
std::string ports_text(const std::vector<engine::PublishedPort>& ports,
                       const std::vector<std::string>& expose);
// First 12 digits of an id, without "sha256:".
std::string short_id(std::string_view id);
// `text` in double quotes, cut to `size` bytes with an ellipsis as docker's COMMAND column; 0: whole.
std::string quoted_command(const std::string& text, size_t size);

}  // namespace compose::ui
