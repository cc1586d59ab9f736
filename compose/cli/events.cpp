#include <time.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/event_stream.h"
#include "compose/cli/selection.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/ui/text.h"

#include <fmt/format.h>

namespace compose::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::string local_time(int64_t time_ns, const char* format, std::string& zone) {
  const time_t seconds = time_ns / kSecond;
  struct tm parts {};
  ::localtime_r(&seconds, &parts);
  char text[64], offset[16];
  ::strftime(text, sizeof text, format, &parts);
  ::strftime(offset, sizeof offset, "%z", &parts);
  zone = offset;
  zone = zone == "+0000" ? "Z" : zone.substr(0, 3) + ':' + zone.substr(3);
  return text;
}

// As Go's time.RFC3339Nano: no zeros at the end of the fraction.
std::string json_time(int64_t time_ns) {
  std::string zone;
  std::string text = local_time(time_ns, "%Y-%m-%dT%H:%M:%S", zone);
  std::string fraction = fmt::format(".{:09}", time_ns % kSecond);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + (fraction == "." ? "" : fraction) + zone;
}

std::string json_line(const engine::Event& event, const std::string& service) {
  return nlohmann::json({{"time", json_time(event.time_ns)},
                         {"type", event.type},
                         {"service", service},
                         {"id", event.id},
                         {"action", event.action},
                         {"attributes", event.attributes}})
             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         '\n';
}

std::string text_line(const engine::Event& event) {
  std::string zone;
  return fmt::format("{}.{:06} container {} {} ({})\n", local_time(event.time_ns, "%Y-%m-%d %H:%M:%S", zone),
                     event.time_ns % kSecond / 1000, ui::one_line(event.action), event.id,
                     attribute_list(event));
}

}  // namespace

int events_command(Context& context, const Words& args) {
  bool json = false;
  std::string since, until;
  Arguments arguments("events [OPTIONS] [SERVICE...]", "Show what happens to containers, as it happens.");
  arguments.flag("--json", json, "As a stream of JSON objects");
  arguments.option("--since", since,
                   "From this time on: 2026-01-02T03:04:05, Unix seconds, or an age as 10m");
  arguments.option("--until", until, "Up to this time");
  const Words services = arguments.parse(args);
  const EventRange range = parse_range(since, until);
  const std::string project = context.project_name();
  if (!services.empty()) replicas_and_one_offs(context, project, services);  // throws for an unknown one

  return stream_events(context, range, [&](engine::Event event) {
    if (event.type != "container" || label_of(event.attributes, label::kProject) != project) return;
    if (label_of(event.attributes, label::kOneOff) == "True") return;
    const std::string service = label_of(event.attributes, label::kService);
    if (!services.empty() && std::find(services.begin(), services.end(), service) == services.end()) return;
    std::erase_if(event.attributes,
                  [](const auto& attribute) { return attribute.first.starts_with("com.docker.compose."); });
    print(json ? json_line(event, service) : text_line(event));
  });
}

}  // namespace compose::cli
