#pragma once
// A stage while it is being built: the image so far.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/expand.h"
#include "engine/build/layered_view.h"
#include "engine/build/variables.h"
#include "engine/image/config.h"
#include "engine/image/image_store.h"

namespace engine::build {

struct StageState {
  ImageConfig config;
  std::vector<std::string> lower_dirs;      // topmost first
  std::string chain;                        // of the topmost layer; empty: no layer yet
  std::string key;                          // identifies the steps so far, for metadata steps
  std::map<std::string, std::string> args;  // ARGs with a value that are in scope
  bool cmd_set = false;                     // by this Dockerfile, not by the base image

  LayeredView view() const { return LayeredView(lower_dirs); }
  // ENV before ARG; PATH has a value in every container.
  std::optional<std::string> variable(const std::string& name) const;
  // args that no ENV hides.
  std::map<std::string, std::string> visible_args() const;
  // Every image that is built says its PATH, also one whose base does not.
  void settle_path();
  std::vector<std::string> shell() const;
  // argv of a command in shell or exec form.
  std::vector<std::string> argv(const std::vector<std::string>& words, bool shell_form) const;

  void add_layer(const ImageStore::Layer& layer, const std::string& created, const std::string& created_by);
  void add_history(const std::string& created_by);  // of a step without a layer
};

// The state a stage based on an image begins with.
StageState state_of(const StoredImage& image);

// ["a","b"]
std::string json_words(const std::vector<std::string>& words);

}  // namespace engine::build
