#include "compose/ui/layer_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "compose/ui/format.h"
#include "compose/ui/text.h"

namespace compose::ui {
namespace {

using State = engine::LayerEvent::State;

constexpr size_t kBarWidth = 24;
constexpr size_t kTextWidth = 12;  // "Downloading"

bool moves_bytes(const engine::LayerEvent& event) {
  return event.state == State::kDownloading || event.state == State::kPushing;
}

// "[========>               ]"
std::string bar(int64_t done, int64_t total) {
  const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
  const size_t full = std::min(kBarWidth - 1, static_cast<size_t>(share * kBarWidth));
  return '[' + std::string(full, '=') + '>' + std::string(kBarWidth - 1 - full, ' ') + ']';
}

std::string amount(const engine::LayerEvent& event) {
  if (event.total <= 0) return human_size(event.done);
  return human_size(event.done) + "/" + human_size(event.total);
}

}  // namespace

std::string layer_text(const engine::LayerEvent& event) {
  switch (event.state) {
    case State::kWaiting:
      return "Waiting";
    case State::kDownloading:
      return "Downloading";
    case State::kVerifying:
      return "Verifying Checksum";
    case State::kExtracting:
      return "Extracting";
    case State::kRetrying:
      return fmt::format("Retrying in {} s{}", event.retry_in_s,
                         event.detail.empty() ? "" : ": " + event.detail);
    case State::kDone:
      return "Pull complete";
    case State::kExists:
      return "Already exists";
    case State::kPreparing:
      return "Preparing";
    case State::kPushing:
      return "Pushing";
    case State::kPushed:
      return "Pushed";
    case State::kMounted:
      return event.detail.empty() ? "Mounted" : "Mounted from " + event.detail;
  }
  return "";
}

bool is_settled(const engine::LayerEvent& event) {
  return event.state == State::kDone || event.state == State::kExists || event.state == State::kPushed ||
         event.state == State::kMounted;
}

void LayerList::change(const engine::LayerEvent& event) {
  const auto known = std::find_if(layers_.begin(), layers_.end(),
                                  [&](const engine::LayerEvent& layer) { return layer.id == event.id; });
  if (known == layers_.end()) {
    layers_.push_back(event);
    return;
  }
  const int64_t done = known->done, total = known->total;
  *known = event;
  if (event.total == 0 && !moves_bytes(event)) {  // what it weighs is still true
    known->total = total;
    known->done = is_settled(event) || event.state == State::kExtracting ? total : done;
  }
}

std::string LayerList::summary() const {
  size_t settled = 0;
  int64_t done = 0, total = 0;
  for (const engine::LayerEvent& layer : layers_) {
    settled += is_settled(layer) ? 1 : 0;
    done += layer.done;
    total += layer.total;
  }
  std::string text = fmt::format("{}/{} layers", settled, layers_.size());
  if (total > 0) text += fmt::format(", {} of {}", human_size(done), human_size(total));
  return text;
}

std::vector<std::string> LayerList::picture(size_t columns) const {
  std::vector<std::string> lines;
  for (const engine::LayerEvent& layer : layers_) {
    if (is_settled(layer) || layer.state == State::kWaiting) continue;
    std::string line = fmt::format("{} {}", layer.id, pad(one_line(layer_text(layer)), kTextWidth));
    if (moves_bytes(layer)) {
      const std::string bytes = amount(layer);
      const bool has_room = display_width(line) + 1 + kBarWidth + 2 + 1 + bytes.size() <= columns;
      if (layer.total > 0 && has_room) line += ' ' + bar(layer.done, layer.total);
      line += ' ' + bytes;
    }
    lines.push_back(fit(line, columns));
  }
  return lines;
}

}  // namespace compose::ui
