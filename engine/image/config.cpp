#include "engine/image/config.h"

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/digest.h"

namespace engine {

namespace {

using nlohmann::json;

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr int kDeepest = 64;  // what writes JSON again calls itself for each level

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
  throw Error(Error::Kind::kInvalid, "image configuration: " + field + ' ' + why);
}

// ---- writing: what is empty is left out, so that there is one form only

void put(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}
void put(json& object, const char* key, const std::vector<std::string>& values) {
  if (!values.empty()) object[key] = values;
}
void put(json& object, const char* key, const std::set<std::string>& values) {
  for (const std::string& value : values) object[key][value] = json::object();
}
void put_nanoseconds(json& object, const char* key, const std::optional<int64_t>& milliseconds) {
  if (milliseconds) object[key] = *milliseconds * kNanosecondsPerMillisecond;
}

json health_json(const ImageHealth& health) {
  json object = json::object();
  put(object, "Test", health.test);
  put_nanoseconds(object, "Interval", health.interval_ms);
  put_nanoseconds(object, "Timeout", health.timeout_ms);
  put_nanoseconds(object, "StartPeriod", health.start_period_ms);
  put_nanoseconds(object, "StartInterval", health.start_interval_ms);
  if (health.retries) object["Retries"] = *health.retries;
  return object;
}

json execution_json(const ImageConfig& config) {
  json object = json::object();
  put(object, "User", config.user);
  put(object, "ExposedPorts", config.exposed_ports);
  put(object, "Env", config.env);
  put(object, "Entrypoint", config.entrypoint);
  put(object, "Cmd", config.cmd);
  put(object, "Volumes", config.volumes);
  put(object, "WorkingDir", config.working_dir);
  put(object, "StopSignal", config.stop_signal);
  put(object, "Shell", config.shell);
  put(object, "OnBuild", config.on_build);
  if (!config.labels.empty()) object["Labels"] = config.labels;
  if (config.healthcheck) object["Healthcheck"] = health_json(*config.healthcheck);
  return object;
}

json history_json(const HistoryEntry& entry) {
  json object = json::object();
  put(object, "created", entry.created);
  put(object, "created_by", entry.created_by);
  put(object, "author", entry.author);
  put(object, "comment", entry.comment);
  if (entry.empty_layer) object["empty_layer"] = true;
  return object;
}

// ---- reading: absent and null are the same; a wrong type is an error that names the field

const json* member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text(const json& object, const char* key) {
  const json* value = member(object, key);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse(key, "must be a string");
  return value->get<std::string>();
}

std::vector<std::string> texts(const json& object, const char* key) {
  const json* value = member(object, key);
  std::vector<std::string> result;
  if (value == nullptr) return result;
  if (!value->is_array()) refuse(key, "must be a list of strings");
  for (const json& item : *value) {
    if (!item.is_string()) refuse(key, "must be a list of strings");
    result.push_back(item.get<std::string>());
  }
  return result;
}

const json* object_member(const json& object, const char* key) {
  const json* value = member(object, key);
  if (value != nullptr && !value->is_object()) refuse(key, "must be an object");
  return value;
}

std::set<std::string> keys(const json& object, const char* key) {
  std::set<std::string> result;
  if (const json* value = object_member(object, key)) {
    for (const auto& item : value->items()) result.insert(item.key());
  }
  return result;
}

std::optional<int64_t> whole_number(const json& object, const char* key) {
  const json* value = member(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) refuse(key, "must be a whole number");
  return value->get<int64_t>();
}

std::optional<int64_t> milliseconds(const json& object, const char* key) {
  const std::optional<int64_t> nanoseconds = whole_number(object, key);
  if (!nanoseconds) return std::nullopt;
  if (*nanoseconds < 0) refuse(key, "must not be negative");
  return *nanoseconds / kNanosecondsPerMillisecond;
}

ImageHealth read_health(const json& object) {
  ImageHealth health;
  health.test = texts(object, "Test");
  health.interval_ms = milliseconds(object, "Interval");
  health.timeout_ms = milliseconds(object, "Timeout");
  health.start_period_ms = milliseconds(object, "StartPeriod");
  health.start_interval_ms = milliseconds(object, "StartInterval");
  if (const std::optional<int64_t> retries = whole_number(object, "Retries")) {
    if (*retries < 0 || *retries > 1'000'000) refuse("Retries", "is out of range");
    health.retries = static_cast<int>(*retries);
  }
  return health;
}

void read_execution(const json& object, ImageConfig& config) {
  config.user = text(object, "User");
  config.exposed_ports = keys(object, "ExposedPorts");
  config.env = texts(object, "Env");
  config.entrypoint = texts(object, "Entrypoint");
  config.cmd = texts(object, "Cmd");
  config.volumes = keys(object, "Volumes");
  config.working_dir = text(object, "WorkingDir");
  config.stop_signal = text(object, "StopSignal");
  config.shell = texts(object, "Shell");
  config.on_build = texts(object, "OnBuild");
  if (const json* labels = object_member(object, "Labels")) {
    for (const auto& label : labels->items()) {
      if (!label.value().is_string()) refuse("Labels", "must map strings to strings");
      config.labels[label.key()] = label.value().get<std::string>();
    }
  }
  if (const json* health = object_member(object, "Healthcheck")) config.healthcheck = read_health(*health);
}

void read_history(const json& root, ImageConfig& config) {
  const json* history = member(root, "history");
  if (history == nullptr) return;
  if (!history->is_array()) refuse("history", "must be a list");
  for (const json& item : *history) {
    if (!item.is_object()) refuse("history", "must be a list of objects");
    HistoryEntry entry;
    entry.created = text(item, "created");
    entry.created_by = text(item, "created_by");
    entry.author = text(item, "author");
    entry.comment = text(item, "comment");
    if (const json* empty = member(item, "empty_layer")) {
      if (!empty->is_boolean()) refuse("empty_layer", "must be true or false");
      entry.empty_layer = empty->get<bool>();
    }
    config.history.push_back(std::move(entry));
  }
}

void read_rootfs(const json& root, ImageConfig& config) {
  const json* rootfs = object_member(root, "rootfs");
  if (rootfs == nullptr) refuse("rootfs", "is missing");
  if (text(*rootfs, "type") != "layers") refuse("rootfs.type", "must be \"layers\"");
  config.diff_ids = texts(*rootfs, "diff_ids");
  for (const std::string& diff_id : config.diff_ids) {
    if (digest_hex(diff_id).empty())
      refuse("rootfs.diff_ids", "holds \"" + diff_id + "\", not a sha256 digest");
  }
}

}  // namespace

std::string to_json(const ImageConfig& config) {
  json root = json::object();
  root["architecture"] = config.architecture;
  root["os"] = config.os;
  put(root, "created", config.created);
  put(root, "author", config.author);
  root["config"] = execution_json(config);
  root["rootfs"] = {{"type", "layers"}, {"diff_ids", config.diff_ids}};
  for (const HistoryEntry& entry : config.history) root["history"].push_back(history_json(entry));
  try {
    return root.dump();
  } catch (const json::type_error&) {
    throw Error(Error::Kind::kInvalid, "image configuration: a text is not valid UTF-8");
  }
}

ImageConfig image_config_from_json(const std::string& bytes) {
  const json::parser_callback_t bounded = [](int depth, json::parse_event_t, json&) {
    if (depth > kDeepest) refuse("its JSON", "is nested more than " + std::to_string(kDeepest) + " deep");
    return true;
  };
  const json root = json::parse(bytes, bounded, false);
  if (root.is_discarded()) throw Error(Error::Kind::kInvalid, "image configuration: not valid JSON");
  if (!root.is_object()) throw Error(Error::Kind::kInvalid, "image configuration: not a JSON object");
  ImageConfig config;
  config.architecture = text(root, "architecture");
  config.os = text(root, "os");
  config.created = text(root, "created");
  config.author = text(root, "author");
  if (const json* execution = object_member(root, "config")) read_execution(*execution, config);
  read_rootfs(root, config);
  read_history(root, config);
  return config;
}

}  // namespace engine
