#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/event_stream.h"
#include "compose/cli/failure.h"
#include "compose/cli/label_filter.h"
#include "compose/cli/output_format.h"
#include "compose/cli/system/subcommands.h"
#include "compose/plan/inventory.h"
#include "compose/ui/text.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

const std::vector<std::string>& filter_keys() {
  static const std::vector<std::string> kAll = {"container", "event", "image", "label",
                                                "network",   "scope", "type",  "volume"};
  return kAll;
}

// By id, the beginning of one, or name.
bool is_object(const engine::Event& event, const std::string& type, const std::string& value) {
  return event.type == type && !value.empty() &&
         (event.id.starts_with(value) || label_of(event.attributes, "name") == value);
}

bool is_of_container(const engine::Event& event, const std::string& value) {
  const std::string container = label_of(event.attributes, "container");  // of networks and volumes
  return is_object(event, "container", value) || (!value.empty() && container.starts_with(value));
}

// "exec_start" means all of them, whatever is run.
bool is_action(const engine::Event& event, const std::string& value) {
  return event.action == value || event.action.substr(0, event.action.find(':')) == value;
}

// With or without its tag.
bool is_of_image(const engine::Event& event, const std::string& value) {
  if (event.type != "image" && event.type != "container") return false;
  const std::string name = label_of(event.attributes, event.type == "image" ? "name" : "image");
  return name == value || name.substr(0, name.rfind(':')) == value ||
         (event.type == "image" && event.id == value);
}

bool holds(const engine::Event& event, const std::string& key, const std::string& value) {
  if (key == "type") return event.type == value;
  if (key == "event") return is_action(event, value);
  if (key == "label") return has_label(event.attributes, value);
  if (key == "image") return is_of_image(event, value);
  if (key == "container") return is_of_container(event, value);
  if (key == "scope") return value == "local";
  return is_object(event, key, value);
}

std::string text_line(const engine::Event& event) {
  std::string line =
      ui::to_rfc3339(event.time_ns) + ' ' + event.type + ' ' + ui::one_line(event.action) + ' ' + event.id;
  if (!event.attributes.empty()) line += " (" + attribute_list(event) + ')';
  return line + '\n';
}

// What a template sees: the fields of Docker's events.Message.
nlohmann::ordered_json fields_of(const engine::Event& event) {
  nlohmann::ordered_json fields = nlohmann::ordered_json::parse(engine::to_json(event));
  const auto move = [&](const char* from, const char* to) {
    fields[to] = fields.contains(from) ? fields[from] : nlohmann::ordered_json("");
    fields.erase(from);
  };
  move("status", "Status");
  move("id", "ID");
  move("from", "From");
  move("scope", "Scope");
  move("time", "Time");
  move("timeNano", "TimeNano");
  return fields;
}

}  // namespace

int system_events(Context& context, const Words& args) {
  std::vector<std::string> given;
  std::string since, until, format_text;
  Arguments arguments("system events [OPTIONS]", "Show what happens in the engine, as it happens.");
  arguments.list("-f,--filter", given,
                 "KEY=VALUE: container, event, image, label, network, scope, type, volume");
  arguments.option("--format", format_text, "json, or a Go template");
  arguments.option("--since", since,
                   "From this time on: 2026-01-02T03:04:05, Unix seconds, or an age as 10m");
  arguments.option("--until", until, "Up to this time");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  if (format_text.starts_with("table"))
    throw CommandError("--format: events are no table; use json or a template");
  const OutputFormat format(format_text);
  const KeyFilters filters(given, filter_keys());
  filters.check("type", {"container", "image", "network", "volume"});
  filters.check("scope", {"local"});

  return stream_events(context, parse_range(since, until), [&](const engine::Event& event) {
    if (!filters.hold([&](const auto& key, const auto& value) { return holds(event, key, value); })) return;
    if (format.is_json()) {
      print(engine::to_json(event) + '\n');
    } else {
      print(format.is_template() ? format.render({fields_of(event)}, {}) : text_line(event));
    }
  });
}

}  // namespace compose::cli
