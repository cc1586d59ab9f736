#pragma once
// An image's configuration: OCI image-spec, "Image Configuration" (config.md), with Docker's additions
// (Healthcheck, Shell, OnBuild).
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace engine {

struct ImageHealth {
  std::vector<std::string> test;
  std::optional<int64_t> interval_ms, timeout_ms, start_period_ms, start_interval_ms;
  std::optional<int> retries;
};

struct HistoryEntry {
  std::string created;     // RFC 3339
  std::string created_by;  // "RUN /bin/sh -c apt-get update"
  std::string comment;
  bool empty_layer = false;
  std::string author = {};
};

struct ImageConfig {
  std::string architecture = "amd64", os = "linux";
  std::string created;  // RFC 3339
  std::string author;
  // execution defaults
  std::vector<std::string> entrypoint, cmd, env, shell, on_build;
  std::string user, working_dir, stop_signal;
  std::set<std::string> volumes, exposed_ports;
  std::map<std::string, std::string> labels;
  std::optional<ImageHealth> healthcheck;
  // content
  std::vector<std::string> diff_ids;  // sha256:..., bottom first
  std::vector<HistoryEntry> history;
};

// Canonical JSON: equal configurations give equal bytes, hence equal image ids.
std::string to_json(const ImageConfig& config);
// Throws engine::Error(kInvalid).
ImageConfig image_config_from_json(const std::string& text);

}  // namespace engine
