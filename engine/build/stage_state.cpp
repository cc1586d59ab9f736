#include "engine/build/stage_state.h"

#include <nlohmann/json.hpp>

namespace engine::build {

namespace {
constexpr const char* kHistoryComment = "compose.dockerfile";
}

std::optional<std::string> StageState::variable(const std::string& name) const {
  if (auto value = env_get(config.env, name)) return value;
  const auto arg = args.find(name);
  if (arg != args.end()) return arg->second;
  return name == "PATH" ? std::optional<std::string>(kDefaultPath) : std::nullopt;
}

void StageState::settle_path() {
  if (!env_get(config.env, "PATH")) env_set(config.env, "PATH", kDefaultPath);
}

std::map<std::string, std::string> StageState::visible_args() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : args) {
    if (!env_get(config.env, name)) out.emplace(name, value);
  }
  return out;
}

std::vector<std::string> StageState::shell() const {
  return config.shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : config.shell;
}

std::vector<std::string> StageState::argv(const std::vector<std::string>& words, bool shell_form) const {
  if (!shell_form) return words;
  std::vector<std::string> out = shell();
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

void StageState::add_layer(const ImageStore::Layer& layer, const std::string& created,
                           const std::string& created_by) {
  lower_dirs.insert(lower_dirs.begin(), layer.diff_dir);
  chain = layer.chain_id;
  config.diff_ids.push_back(layer.diff_id);
  config.history.push_back({created, created_by, kHistoryComment, false});
  config.created = created;
}

void StageState::add_history(const std::string& created_by) {
  // Its time is filled in at the end, from the layers: a build from the cache has to give the same image
  // again.
  config.history.push_back({"", created_by, kHistoryComment, true});
}

StageState state_of(const StoredImage& image) {
  StageState state;
  state.config = image.config;
  state.config.on_build.clear();
  state.lower_dirs = image.lower_dirs;
  if (!image.chain_ids.empty()) state.chain = image.chain_ids.back();
  state.key = image.id;
  return state;
}

std::string json_words(const std::vector<std::string>& words) {
  return nlohmann::json(words).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace engine::build
