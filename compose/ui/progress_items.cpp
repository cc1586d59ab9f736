#include "compose/ui/progress_items.h"

#include <fmt/format.h>

#include <algorithm>

#include "compose/ui/format.h"
#include "compose/ui/palette.h"
#include "compose/ui/text.h"

namespace compose::ui {
namespace {

constexpr const char* kSpinner[] = {"\u280b", "\u2819", "\u2839", "\u2838", "\u283c",
                                    "\u2834", "\u2826", "\u2827", "\u2807", "\u280f"};

int64_t milliseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

bool active(const ProgressItem& item) {
  return item.status == StepStatus::kRunning || item.status == StepStatus::kWaiting;
}

std::string icon(const ProgressItem& item, Clock::time_point now, bool colour) {
  switch (item.status) {
    case StepStatus::kDone:
      return styled("\u2714", Style::kGreen, colour);
    case StepStatus::kFailed:
      return styled("\u2718", Style::kRed, colour);
    case StepStatus::kCancelled:
      return styled("!", Style::kYellow, colour);
    default:
      return styled(kSpinner[milliseconds(now.time_since_epoch()) / 100 % 10], Style::kBlue, colour);
  }
}

Style text_style(StepStatus status) {
  switch (status) {
    case StepStatus::kDone:
      return Style::kGreen;
    case StepStatus::kFailed:
      return Style::kRed;
    case StepStatus::kCancelled:
      return Style::kYellow;
    default:
      return Style::kNone;
  }
}

// Of a name that is too long the end is shown: it tells containers of one project apart.
std::string fit_name(const std::string& resource, size_t columns) {
  const std::string name = one_line(resource);
  const size_t width = display_width(name);
  if (width <= columns || columns == 0) return name;
  size_t at = 0;
  for (size_t left_out = 0; left_out <= width - columns; ++left_out) {
    do ++at;
    while (at < name.size() && (static_cast<unsigned char>(name[at]) & 0xc0) == 0x80);
  }
  return "\u2026" + name.substr(at);
}

// " <icon> Container demo-web-1   Started        0.3s"; on a narrow screen the time goes first, then the name
// shrinks.
std::string item_line(const ProgressItem& item, Clock::time_point now, size_t columns, size_t name_width,
                      bool colour) {
  std::string text = one_line(item.text);
  if (active(item) && !item.layers.empty()) text += " " + item.layers.summary();
  const std::string time = seconds(milliseconds((active(item) ? now : item.ended) - item.began));
  const size_t fixed = 3 + 2;  // icon with its spaces, gap before the text
  size_t names = name_width;
  if (fixed + names + display_width(text) > columns) {
    const size_t rest = columns > fixed + display_width(text) ? columns - fixed - display_width(text) : 0;
    names = std::min(names, std::max<size_t>(rest, 8));
  }
  std::string line =
      fmt::format(" {} {}  {}", icon(item, now, colour), pad(fit_name(item.resource, names), names),
                  styled(text, text_style(item.status), colour));
  const size_t width = display_width(line);
  if (width + 2 + time.size() <= columns) {
    line += std::string(columns - width - time.size(), ' ') + styled(time, Style::kBlue, colour);
  }
  return line;
}

using State = ProgressVertex::State;

constexpr size_t kTailLines = 4;     // of output, under an instruction at work
constexpr size_t kDoneVertices = 6;  // instructions of one build that are done and still shown

std::string vertex_icon(State state, Clock::time_point now, bool colour) {
  if (state == State::kRunning)
    return styled(kSpinner[milliseconds(now.time_since_epoch()) / 100 % 10], Style::kBlue, colour);
  if (state == State::kFailed) return styled("\u2718", Style::kRed, colour);
  return styled("\u2714", Style::kGreen, colour);
}

// "   <icon> [build 2/7] RUN make        1.2s"
std::string vertex_line(const ProgressVertex& vertex, Clock::time_point now, size_t columns, bool colour) {
  const bool running = vertex.state == State::kRunning;
  const std::string time = vertex.state == State::kCached
                               ? "CACHED"
                               : seconds(milliseconds((running ? now : vertex.ended) - vertex.began));
  const size_t fixed = 5;  // icon and the blanks around it
  const size_t rest = columns > fixed ? columns - fixed : 1;
  const bool with_time = rest > time.size() + 12;
  const std::string title = fit(one_line(vertex.title), with_time ? rest - time.size() - 1 : rest);
  std::string line = fmt::format("   {} {}", vertex_icon(vertex.state, now, colour), title);
  if (with_time) {
    line +=
        std::string(columns - display_width(line) - time.size(), ' ') + styled(time, Style::kBlue, colour);
  }
  return line;
}

// What a terminal shows of a line with carriage returns: what stands behind the last one that has something
// behind it.
std::string overwritten(std::string line) {
  while (!line.empty() && line.back() == '\r') line.pop_back();
  const size_t last = line.rfind('\r');
  return one_line(last == std::string::npos ? line : line.substr(last + 1));
}

}  // namespace

ProgressItem& ProgressItems::at(const std::string& resource, Clock::time_point now) {
  for (ProgressItem& item : items_) {
    if (item.resource == resource) return item;
  }
  items_.push_back({resource, "", StepStatus::kRunning, now, now, {}, {}});
  return items_.back();
}

void ProgressItems::change(const std::string& resource, StepStatus status, const std::string& text,
                           Clock::time_point now) {
  ProgressItem& item = at(resource, now);
  if (!active(item) && (status == StepStatus::kRunning || status == StepStatus::kWaiting)) item.began = now;
  item.status = status;
  item.text = text;
  item.ended = now;
  if (active(item)) return;
  item.layers = {};
  std::erase_if(item.vertices, [](const ProgressVertex& vertex) { return vertex.state != State::kFailed; });
}

void ProgressItems::build(const std::string& resource, const BuildEvent& event, Clock::time_point now) {
  using enum BuildEvent::Kind;
  std::vector<ProgressVertex>& vertices = at(resource, now).vertices;
  if (event.kind == kBegin) {
    vertices.push_back({event.step.id,
                        event.step.tag() + " " + event.step.instruction,
                        event.cached ? State::kCached : State::kRunning,
                        now,
                        now,
                        {}});
    return;
  }
  const auto vertex = std::find_if(vertices.rbegin(), vertices.rend(), [&](const ProgressVertex& candidate) {
    return candidate.id == event.step.id;
  });
  if (vertex == vertices.rend()) return;
  if (event.kind == kLine) {
    vertex->tail.push_back(overwritten(event.line));
    if (vertex->tail.size() > kTailLines) vertex->tail.pop_front();
    return;
  }
  vertex->ended = now;
  if (vertex->state == State::kRunning) vertex->state = event.kind == kDone ? State::kDone : State::kFailed;
}

void ProgressItems::add_build(std::vector<std::string>& lines, const ProgressItem& item,
                              const BuildDetail& detail, Clock::time_point now, size_t columns, bool colour) {
  size_t done = 0;
  for (const ProgressVertex& vertex : item.vertices) done += vertex.state == State::kRunning ? 0 : 1;
  size_t left_out = done > detail.done ? done - detail.done : 0;
  for (const ProgressVertex& vertex : item.vertices) {
    const bool running = vertex.state == State::kRunning;
    if (!running && left_out > 0) {
      --left_out;
      continue;
    }
    if (running && !detail.running) continue;
    lines.push_back(vertex_line(vertex, now, columns, colour));
    if (!running) continue;
    const size_t shown = std::min(vertex.tail.size(), detail.tail);
    for (size_t i = vertex.tail.size() - shown; i < vertex.tail.size(); ++i) {
      lines.push_back(
          styled("     " + fit(vertex.tail[i], columns > 5 ? columns - 5 : 1), Style::kDim, colour));
    }
  }
}

std::vector<std::string> ProgressItems::picture(Clock::time_point now, TerminalSize size, bool colour) const {
  std::vector<std::string> lines;
  const size_t room = size.rows > 1 ? size.rows - 1 : 1;
  static constexpr BuildDetail kDetails[] = {{kTailLines, kDoneVertices, true}, {1, 2, true}, {0, 0, true}};
  for (const BuildDetail& detail : kDetails) {
    lines = picture_with(detail, now, size, colour);
    if (lines.size() <= room) return lines;
  }
  return picture_with({0, 0, false}, now, size, colour);
}

std::vector<std::string> ProgressItems::picture_with(const BuildDetail& detail, Clock::time_point now,
                                                     TerminalSize size, bool colour) const {
  const size_t columns = size.columns > 1 ? size.columns - 1 : 1;
  const size_t room = size.rows > 2 ? size.rows - 2 : 1;
  size_t done = 0, name_width = 0;
  for (const ProgressItem& item : items_) {
    done += active(item) ? 0 : 1;
    name_width = std::max(name_width, display_width(one_line(item.resource)));
  }
  std::vector<std::string> lines{fmt::format("[+] Running {}/{}", done, items_.size())};
  size_t left_out = items_.size() > room ? items_.size() - room : 0;
  for (const ProgressItem& item : items_) {
    if (left_out > 0 && item.status == StepStatus::kDone) {
      --left_out;
      continue;
    }
    lines.push_back(item_line(item, now, columns, name_width, colour));
    for (const std::string& layer : item.layers.picture(columns > 3 ? columns - 3 : 1)) {
      lines.push_back(styled("   " + layer, Style::kDim, colour));
    }
    add_build(lines, item, detail, now, columns, colour);
  }
  return lines;
}

std::string step_text(const Step& step, StepStatus status, const std::string& text) {
  const auto* create = std::get_if<CreateContainer>(&step.action);
  const bool replaces = create != nullptr && create->config->labels.count("com.docker.compose.replace") != 0;
  if (!replaces || step.reason.empty()) return text;
  if (status == StepStatus::kRunning) return "Recreate (" + step.reason + ")";
  return status == StepStatus::kDone ? "Recreated (" + step.reason + ")" : text;
}

}  // namespace compose::ui
