#pragma once
// The layers of an image on its way from or to a registry, as plain data, and their picture: a pure function
// of state and width.
#include <map>
#include <string>
#include <vector>

#include "engine/registry/transfer.h"

namespace compose::ui {

// "Downloading", "Pull complete", "Mounted from library/busybox", "Retrying in 4 s: connection reset".
std::string layer_text(const engine::LayerEvent& event);
// True when nothing more comes for the layer.
bool is_settled(const engine::LayerEvent& event);

class LayerList {
 public:
  void change(const engine::LayerEvent& event);
  bool empty() const { return layers_.empty(); }
  // "3/8 layers, 12.3MB of 45MB"; bytes only when there are any to move.
  std::string summary() const;
  // A line for each layer at work, in the order in which they were named: id, what is done, a bar with the
  // bytes. On a narrow screen the bar goes first. Not styled.
  std::vector<std::string> picture(size_t columns) const;

 private:
  std::vector<engine::LayerEvent> layers_;  // the last of each
};

}  // namespace compose::ui
