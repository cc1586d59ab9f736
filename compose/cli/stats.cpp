#include "compose/cli/stats.h"

#include <fmt/format.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "compose/cli/commands.h"
#include "compose/cli/container.h"
#include "compose/cli/failure.h"
#include "compose/cli/output_format.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/terminal.h"
#include "engine/error.h"

namespace compose::cli {
namespace {

constexpr int kIntervalMs = 1000;
constexpr int kOnceMs = 300;  // over which the first share of the processor is measured

const Titles& titles() {
  static const Titles kAll = {
      {"BlockIO", "BLOCK I/O"}, {"CPUPerc", "CPU %"}, {"Container", "CONTAINER"},
      {"ID", "CONTAINER ID"},   {"MemPerc", "MEM %"}, {"MemUsage", "MEM USAGE / LIMIT"},
      {"Name", "NAME"},         {"NetIO", "NET I/O"}, {"PIDs", "PIDS"}};
  return kAll;
}

int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

struct Sample {
  engine::Usage usage;
  int64_t at_ns = 0;
};
using Samples = std::map<std::string, Sample>;  // by container id

class Stats {
 public:
  Stats(Context& context, const StatsFlags& flags,
        const std::function<std::vector<engine::ContainerInfo>()>& list)
      : context_(context), flags_(flags), format_(flags.format), list_(list) {}

  int run() {
    Samples before = take();
    for (int wait = kOnceMs;; wait = kIntervalMs) {
      ::poll(nullptr, 0, wait);
      Samples now = take();
      if (now.empty() && !flags_.named.empty()) return kExitOk;
      show(before, now);
      if (flags_.no_stream) return kExitOk;
      before = std::move(now);
    }
  }

 private:
  Samples take() {
    containers_ = list_();
    std::erase_if(containers_, [&](const auto& container) { return !flags_.all && !is_up(container); });
    Samples samples;
    std::erase_if(containers_, [&](const auto& container) {
      try {
        samples[container.id] = {context_.engine().container_usage(container.id), monotonic_ns()};
        return false;
      } catch (const engine::Error&) {
        return true;  // removed meanwhile
      }
    });
    return samples;
  }

  nlohmann::ordered_json row(const engine::ContainerInfo& container, const Samples& before,
                             const Samples& now) const {
    const auto& [usage, at] = now.at(container.id);
    double cpu = 0;
    // A container that was started again begins to count anew.
    if (const auto last = before.find(container.id);
        last != before.end() && at > last->second.at_ns && usage.cpu_ns >= last->second.usage.cpu_ns)
      cpu = 100.0 * static_cast<double>(usage.cpu_ns - last->second.usage.cpu_ns) /
            static_cast<double>(at - last->second.at_ns);
    const double memory = usage.memory_limit == 0 ? 0
                                                  : 100.0 * static_cast<double>(usage.memory) /
                                                        static_cast<double>(usage.memory_limit);
    const std::string id = flags_.no_trunc ? container.id : ui::short_id(container.id);
    const auto given = flags_.named.find(container.id);
    return {{"BlockIO", ui::human_size(usage.block_read) + " / " + ui::human_size(usage.block_written)},
            {"CPUPerc", fmt::format("{:.2f}%", cpu)},
            {"Container", given == flags_.named.end() ? id : given->second},
            {"ID", id},
            {"MemPerc", fmt::format("{:.2f}%", memory)},
            {"MemUsage", ui::binary_size(usage.memory) + " / " + ui::binary_size(usage.memory_limit)},
            {"Name", container.name},
            {"NetIO", ui::human_size(usage.received) + " / " + ui::human_size(usage.sent)},
            {"PIDs", std::to_string(usage.pids)}};
  }

  void show(const Samples& before, const Samples& now) {
    std::vector<nlohmann::ordered_json> rows;
    rows.reserve(containers_.size());
    for (const auto& container : containers_) rows.push_back(row(container, before, now));
    const bool redraw = !flags_.no_stream && !format_.is_json() && ui::is_terminal(STDOUT_FILENO);
    print((redraw ? "\x1b[H\x1b[2J" : "") + text(rows));
  }

  std::string text(const std::vector<nlohmann::ordered_json>& rows) const {
    if (format_.is_json()) return json_lines(rows);
    if (format_.is_template()) return format_.render(rows, titles());
    const std::vector<std::string> fields{"ID",      "Name",  "CPUPerc", "MemUsage",
                                          "MemPerc", "NetIO", "BlockIO", "PIDs"};
    std::vector<std::string> header;
    header.reserve(fields.size());
    for (const std::string& field : fields) header.push_back(titles().at(field));
    ui::Table table(header);
    for (const auto& row : rows) {
      std::vector<std::string> cells;
      cells.reserve(fields.size());
      for (const std::string& field : fields) cells.push_back(row.at(field));
      table.add(cells);
    }
    return table.to_string();
  }

  Context& context_;
  const StatsFlags& flags_;
  const OutputFormat format_;
  const std::function<std::vector<engine::ContainerInfo>()>& list_;
  std::vector<engine::ContainerInfo> containers_;
};

}  // namespace

void StatsFlags::declare(Arguments& arguments) {
  arguments.flag("-a,--all", all, "Those that are down too");
  arguments.option("--format", format, "table, json (a line per container) or a template");
  arguments.flag("--no-stream", no_stream, "Once, not again each second");
  arguments.flag("--no-trunc", no_trunc, "Whole ids");
}

int show_stats(Context& context, const StatsFlags& flags,
               const std::function<std::vector<engine::ContainerInfo>()>& list) {
  return Stats(context, flags, list).run();
}

int stats_command(Context& context, const Words& args) {
  StatsFlags flags;
  Arguments arguments("stats [OPTIONS] [SERVICE]", "Show what containers use of the machine.");
  flags.declare(arguments);
  arguments.positionals(0, 1, "SERVICE");
  const Words services = arguments.parse(args);
  const std::string project = context.project_name();
  return show_stats(context, flags, [&] { return replicas_and_one_offs(context, project, services); });
}

int container_stats(Context& context, const Words& args) {
  StatsFlags flags;
  Arguments arguments("container stats [OPTIONS] [CONTAINER...]", "Show what containers use of the machine.");
  flags.declare(arguments);
  for (const std::string& name : arguments.parse(args)) flags.named[named_container(context, name).id] = name;
  // Those that are named are shown whether they run or not.
  if (!flags.named.empty()) flags.all = true;
  return show_stats(context, flags, [&] {
    std::vector<engine::ContainerInfo> all = context.engine().containers("");
    std::erase_if(all, [&](const auto& container) {
      return !flags.named.empty() && !flags.named.contains(container.id);
    });
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.created_ms > b.created_ms; });
    return all;
  });
}

}  // namespace compose::cli
