#include "compose/ui/progress.h"

#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "compose/ui/build_log.h"
#include "compose/ui/palette.h"
#include "compose/ui/progress_items.h"
#include "compose/ui/text.h"

namespace compose::ui {
namespace {

constexpr auto kFrame = std::chrono::milliseconds(100);

std::string service_of(const Step& step) {
  const auto* build = std::get_if<BuildImage>(&step.action);
  return build == nullptr ? step.resource : build->service;
}

// "demo-web-1 -> | text", as docker compose shows it.
std::string hook_line(const Step& step, const std::string& line) {
  constexpr std::string_view kKind = "Container ";
  const bool named = step.resource.rfind(kKind, 0) == 0;
  return fmt::format("{} -> | {}", named ? step.resource.substr(kKind.size()) : step.resource,
                     one_line(line));
}

// One line per change of text.
class PlainProgress : public Progress {
 public:
  PlainProgress(const ProgressOptions& options, LiveBlock::Write write)
      : colour_(options.colour),
        builds_(options.show_builds),
        layers_(options.show_layers),
        write_(std::move(write)) {}

  void step_changed(const Step& step, StepStatus status, const std::string& text) override {
    if (status == StepStatus::kWaiting) return;
    show(step.resource, step_text(step, status, text));
  }
  void build_event(const Step& step, const BuildEvent& event) override {
    const std::scoped_lock lock(mutex_);
    if (!builds_) return;
    const std::string lines = log_.format(service_of(step), event, BuildLog::Clock::now());
    if (!lines.empty()) write_(lines);
  }
  // Only what is new for a reader: a line when a layer is there, or has to be tried again.
  void layer_changed(const Step& step, const engine::LayerEvent& event) override {
    if (!layers_ || (!is_settled(event) && event.state != engine::LayerEvent::State::kRetrying)) return;
    const std::scoped_lock lock(mutex_);
    write_(fmt::format(" {}  {} {}\n", step.resource, event.id, one_line(layer_text(event))));
  }
  void hook_output(const Step& step, const std::string& line) override {
    const std::scoped_lock lock(mutex_);
    write_(hook_line(step, line) + '\n');
  }
  void warning(const std::string& text) override {
    const std::scoped_lock lock(mutex_);
    write_(styled("warning: ", Style::kYellow, colour_) + text + '\n');
  }
  void note(const std::string& resource, const std::string& text) override { show(resource, text); }
  void error(const std::string& message) override {
    const std::scoped_lock lock(mutex_);
    write_(styled("error: ", Style::kRed, colour_) + message + '\n');
  }
  void finish() override {}

 private:
  void show(const std::string& resource, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    std::string& last = last_[resource];
    if (last == text) return;
    last = text;
    write_(fmt::format(" {}  {}\n", resource, one_line(text)));
  }

  std::mutex mutex_;
  bool colour_, builds_, layers_;
  LiveBlock::Write write_;
  BuildLog log_;
  std::map<std::string, std::string> last_;
};

class QuietProgress : public Progress {
 public:
  explicit QuietProgress(LiveBlock::Write write) : write_(std::move(write)) {}
  void step_changed(const Step&, StepStatus, const std::string&) override {}
  void build_event(const Step&, const BuildEvent&) override {}
  void warning(const std::string&) override {}
  void note(const std::string&, const std::string&) override {}
  void error(const std::string& message) override {
    const std::scoped_lock lock(mutex_);
    write_("error: " + message + '\n');
  }
  void finish() override {}

 private:
  std::mutex mutex_;
  LiveBlock::Write write_;
};

// {"id":"Container demo-web-1","status":"Working","text":"Starting"} and the like, a line each. Members and
// the words of `status` are docker compose's: Working, Done, Warning, Error.
class JsonProgress : public Progress {
 public:
  JsonProgress(const ProgressOptions& options, LiveBlock::Write write)
      : builds_(options.show_builds), layers_(options.show_layers), write_(std::move(write)) {}

  void step_changed(const Step& step, StepStatus status, const std::string& text) override {
    static constexpr const char* kNames[] = {"Working", "Working", "Done", "Error", "Warning"};
    nlohmann::ordered_json line{
        {"id", step.resource}, {"status", kNames[static_cast<size_t>(status)]}, {"text", text}};
    if (!step.reason.empty()) line["details"] = step.reason;
    emit(line);
  }
  void build_event(const Step& step, const BuildEvent& event) override {
    if (!builds_) return;
    static constexpr const char* kNames[] = {"Working", "Working", "Done", "Error"};
    nlohmann::ordered_json line{{"id", build_title(service_of(step), event.step)},
                                {"parent_id", step.resource},
                                {"status", event.cached ? "Done" : kNames[static_cast<size_t>(event.kind)]}};
    if (event.cached) line["text"] = "CACHED";
    if (event.kind == BuildEvent::Kind::kLine) line["text"] = event.line;
    emit(line);
  }
  void layer_changed(const Step& step, const engine::LayerEvent& event) override {
    if (!layers_) return;
    nlohmann::ordered_json line{{"id", event.id},
                                {"parent_id", step.resource},
                                {"status", is_settled(event) ? "Done" : "Working"},
                                {"text", layer_text(event)}};
    if (event.total > 0) {
      line["current"] = event.done;
      line["total"] = event.total;
      line["percent"] = event.done * 100 / event.total;
    }
    emit(line);
  }
  void hook_output(const Step& step, const std::string& line) override {
    emit({{"id", step.resource}, {"status", "Working"}, {"text", line}, {"hook", true}});
  }
  void warning(const std::string& text) override { emit({{"warning", true}, {"message", text}}); }
  void note(const std::string& resource, const std::string& text) override {
    emit({{"id", resource}, {"status", "Done"}, {"text", text}});
  }
  void error(const std::string& message) override { emit({{"error", true}, {"message", message}}); }
  void finish() override {}

 private:
  void emit(const nlohmann::ordered_json& line) {
    const std::scoped_lock lock(mutex_);
    write_(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
  }

  std::mutex mutex_;
  bool builds_, layers_;
  LiveBlock::Write write_;
};

// The live block: redrawn ten times a second by a thread of its own while something is shown.
class TtyProgress : public Progress {
 public:
  TtyProgress(const ProgressOptions& options, LiveBlock::Write write, LiveBlock::Size size)
      : colour_(options.colour),
        builds_(options.show_builds),
        layers_(options.show_layers),
        size_(size),
        write_(std::move(write)),
        block_(write_, std::move(size)) {}
  ~TtyProgress() override { stop(); }

  void step_changed(const Step& step, StepStatus status, const std::string& text) override {
    if (status == StepStatus::kWaiting) return;
    const std::scoped_lock lock(mutex_);
    items_.change(step.resource, status, step_text(step, status, text), Clock::now());
    start();
  }
  void build_event(const Step& step, const BuildEvent& event) override {
    const std::scoped_lock lock(mutex_);
    if (!builds_) return;
    items_.build(step.resource, event, Clock::now());
    start();
  }
  void layer_changed(const Step& step, const engine::LayerEvent& event) override {
    if (!layers_) return;
    const std::scoped_lock lock(mutex_);
    items_.at(step.resource, Clock::now()).layers.change(event);
    start();
  }
  void hook_output(const Step& step, const std::string& line) override { above(hook_line(step, line)); }
  void warning(const std::string& text) override {
    above(styled("warning: ", Style::kYellow, colour_) + text);
  }
  void note(const std::string& resource, const std::string& text) override {
    const std::scoped_lock lock(mutex_);
    items_.change(resource, StepStatus::kDone, text, Clock::now());
    start();
  }
  void error(const std::string& message) override {
    finish();
    const std::scoped_lock lock(mutex_);
    write_(styled("error: ", Style::kRed, colour_) + message + '\n');
  }
  void finish() override {
    stop();
    const std::scoped_lock lock(mutex_);
    if (items_.empty()) return;
    draw();
    block_.release();
    items_.clear();
  }

 private:
  void draw() { block_.draw(items_.picture(Clock::now(), size_(), colour_)); }

  void above(const std::string& line) {
    const std::scoped_lock lock(mutex_);
    block_.erase();
    write_(line + '\n');
    if (!items_.empty()) draw();
  }

  void start() {
    if (drawer_.joinable()) return;
    drawer_ = std::jthread([this](const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      while (!stop.stop_requested()) {
        draw();
        wake_.wait_for(lock, stop, kFrame, [] { return false; });
      }
    });
  }

  void stop() {
    std::jthread drawer;  // joined on leaving, without the lock that it draws under
    const std::scoped_lock lock(mutex_);
    drawer.swap(drawer_);
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread drawer_;
  bool colour_, builds_, layers_;
  LiveBlock::Size size_;
  LiveBlock::Write write_;
  LiveBlock block_;
  ProgressItems items_;
};

}  // namespace

std::optional<ProgressMode> progress_mode(const std::string& name) {
  if (name.empty() || name == "auto") return ProgressMode::kAuto;
  if (name == "tty") return ProgressMode::kTty;
  if (name == "plain") return ProgressMode::kPlain;
  if (name == "json") return ProgressMode::kJson;
  if (name == "quiet") return ProgressMode::kQuiet;
  return std::nullopt;
}

std::unique_ptr<Progress> make_progress(const ProgressOptions& options, LiveBlock::Write write,
                                        LiveBlock::Size size) {
  switch (options.mode) {
    case ProgressMode::kTty:
      return std::make_unique<TtyProgress>(options, std::move(write), std::move(size));
    case ProgressMode::kJson:
      return std::make_unique<JsonProgress>(options, std::move(write));
    case ProgressMode::kQuiet:
      return std::make_unique<QuietProgress>(std::move(write));
    default:
      return std::make_unique<PlainProgress>(options, std::move(write));
  }
}

}  // namespace compose::ui
