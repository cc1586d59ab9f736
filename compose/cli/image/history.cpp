#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/output_format.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/text.h"
#include "compose/ui/timestamp.h"
#include "engine/image/image_store.h"
#include "engine/image/timestamp.h"

namespace compose::cli {
namespace {

constexpr char kMissing[] = "<missing>";
constexpr size_t kCreatedByWidth = 45;

struct Flags {
  bool human = true, no_trunc = false, quiet = false;
  std::string format;
};

struct Step {
  std::string id = kMissing;
  engine::HistoryEntry entry;
  int64_t size = 0;
};

// Newest first. The intermediate images of old are not kept by anybody: only the image itself has an id.
std::vector<Step> steps_of(engine::ImageStore& store, const engine::StoredImage& image) {
  std::vector<Step> steps;
  size_t layer = 0;
  const auto size_of_next = [&]() -> int64_t {
    const auto found = store.find_layer(image.chain_ids[layer++]);
    return found ? found->size : 0;
  };
  for (const engine::HistoryEntry& entry : image.config.history) {
    Step step;
    step.entry = entry;
    if (!entry.empty_layer && layer < image.chain_ids.size()) step.size = size_of_next();
    steps.insert(steps.begin(), std::move(step));
  }
  while (layer < image.chain_ids.size()) {  // that the history does not tell of
    Step step;
    step.entry.created = image.config.created;
    step.size = size_of_next();
    steps.insert(steps.begin(), std::move(step));
  }
  if (!steps.empty()) steps.front().id = image.id;
  return steps;
}

nlohmann::ordered_json json_of(const Step& step, const Flags& flags, int64_t now) {
  const auto created = engine::parse_rfc3339(step.entry.created);
  const std::string at = created ? ui::to_rfc3339(*created * 1'000'000).substr(0, 19) + 'Z' : "N/A";
  const std::string since = created ? ui::human_duration(now - *created) + " ago" : "N/A";
  const std::string by = ui::one_line(step.entry.created_by);
  return {{"Comment", ui::one_line(step.entry.comment)},
          {"CreatedAt", at},
          {"CreatedBy", flags.no_trunc ? by : ui::fit(by, kCreatedByWidth)},
          {"CreatedSince", flags.human ? since : at},
          {"ID", flags.no_trunc || step.id == kMissing ? step.id : ui::short_id(step.id)},
          {"Size", flags.human ? ui::human_size(step.size) : std::to_string(step.size)}};
}

const Titles& titles() {
  static const Titles kTitles{{"Comment", "COMMENT"},
                              {"CreatedAt", "CREATED AT"},
                              {"CreatedBy", "CREATED BY"},
                              {"CreatedSince", "CREATED"},
                              {"ID", "IMAGE"},
                              {"Size", "SIZE"}};
  return kTitles;
}

std::string table_of(const std::vector<nlohmann::ordered_json>& rows) {
  ui::Table table({"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"});
  for (const auto& row : rows) {
    table.add({row.at("ID"), row.at("CreatedSince"), row.at("CreatedBy"), row.at("Size"), row.at("Comment")});
  }
  return table.to_string();
}

}  // namespace

int image_history(Context& context, const Words& args) {
  Flags flags;
  Arguments arguments("image history [OPTIONS] IMAGE", "Show what an image was made of, newest first.");
  arguments.option("--format", flags.format, "table, json (a line per step) or a template");
  arguments.flag("-H,--human", flags.human, "Sizes and times for people (the default); =false for programs");
  arguments.flag("--no-trunc", flags.no_trunc, "Whole ids and commands");
  arguments.flag("-q,--quiet", flags.quiet, "Only ids");
  arguments.positionals(1, 1, "one IMAGE");
  const Words words = arguments.parse(args);
  const OutputFormat format(flags.format);
  engine::ImageStore& store = context.engine().image_store();
  const auto image = store.find(words.front());
  if (!image) throw CommandError("no such image: " + words.front());

  std::vector<nlohmann::ordered_json> rows;
  const int64_t now = ui::now_ms();
  for (const Step& step : steps_of(store, *image)) rows.push_back(json_of(step, flags, now));
  std::string text;
  if (flags.quiet) {
    for (const auto& row : rows) text += row.at("ID").get<std::string>() + '\n';
  } else {
    text = format.is_template() ? format.render(rows, titles())
           : format.is_json()   ? json_lines(rows)
                                : table_of(rows);
  }
  print(text);
  return 0;
}

}  // namespace compose::cli
