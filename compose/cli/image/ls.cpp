#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/filters.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/image_rows.h"
#include "compose/cli/output_format.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

constexpr char kNone[] = "<none>";

struct Flags {
  bool all = false, quiet = false, no_trunc = false, digests = false;
  std::string format, pattern;
  std::vector<std::string> filters;
};

Flags parse(const Words& args) {
  Flags flags;
  Arguments arguments("image ls [OPTIONS] [REPOSITORY[:TAG]]", "List the images of the store.");
  arguments.flag("-a,--all", flags.all, "All images; there are no hidden ones");
  arguments.flag("--digests", flags.digests, "The digests of manifests too");
  arguments.list(
      "-f,--filter", flags.filters,
      "dangling=BOOL, label=KEY[=VALUE], reference=PATTERN, before=IMAGE, since=IMAGE, until=TIME");
  arguments.option("--format", flags.format, "table, json (a line per image) or a template");
  arguments.flag("--no-trunc", flags.no_trunc, "Whole ids");
  arguments.flag("-q,--quiet", flags.quiet, "Only ids");
  arguments.positionals(0, 1, "one REPOSITORY[:TAG]");
  const Words words = arguments.parse(args);
  if (!words.empty()) flags.pattern = words.front();
  return flags;
}

struct Row {
  const engine::ImageInfo* image;
  std::string repository = kNone, tag = kNone, digest = kNone;
};

// A row for each tag (with --digests, for each of its repository's digests too), then one for each repository
// that knows the image by digest only.
std::vector<Row> rows_of(const engine::ImageInfo& image, const std::vector<std::string>& digests,
                         bool show_digests) {
  std::map<std::string, std::vector<std::string>> tags, by_repository;
  for (const std::string& name : image.references) {
    const engine::Reference reference = engine::parse_reference(name);
    if (!reference.tag.empty()) tags[reference.familiar_repository()].push_back(reference.tag);
  }
  for (const std::string& name : digests) {
    const engine::Reference reference = engine::parse_reference(name);
    by_repository[reference.familiar_repository()].push_back(reference.digest);
  }
  std::vector<Row> rows;
  for (const auto& [repository, names] : tags) {
    std::vector<std::string> known = std::move(by_repository[repository]);
    by_repository.erase(repository);
    if (!show_digests || known.empty()) known = {kNone};
    for (const std::string& tag : names) {
      for (const std::string& digest : known) rows.push_back({&image, repository, tag, digest});
    }
  }
  for (const auto& [repository, known] : by_repository) {
    if (!show_digests) rows.push_back({&image, repository, kNone, kNone});
    for (const std::string& digest : show_digests ? known : std::vector<std::string>{})
      rows.push_back({&image, repository, kNone, digest});
  }
  if (rows.empty()) rows.push_back({&image});
  return rows;
}

int64_t created_of(engine::ImageStore& store, const std::string& name) {
  const auto image = store.find(name);
  if (!image) throw CommandError("no such image: " + name);
  for (const auto& info : store.list()) {
    if (info.id == image->id) return info.created_ms;
  }
  throw CommandError("no such image: " + name);
}

// The images that the filters let through, newest first, with only the names that were asked for.
std::vector<engine::ImageInfo> selected(engine::ImageStore& store, const Flags& flags) {
  ImageFilters filters =
      parse_image_filters(flags.filters, {"dangling", "label", "reference", "before", "since", "until"});
  if (!flags.pattern.empty()) filters.references = {flags.pattern};
  const auto before = filters.before.empty() ? INT64_MAX : created_of(store, filters.before);
  const auto since = filters.since.empty() ? INT64_MIN : created_of(store, filters.since);
  auto images = store.list();
  std::erase_if(images, [&](engine::ImageInfo& image) {
    if (!passes(filters, image) || image.created_ms >= before || image.created_ms <= since) return true;
    if (filters.references.empty()) return false;
    std::erase_if(image.references, [&](const std::string& name) {
      return std::none_of(filters.references.begin(), filters.references.end(),
                          [&](const std::string& pattern) { return matches_reference(pattern, name); });
    });
    return image.references.empty();
  });
  return images;
}

nlohmann::ordered_json json_of(const Row& row, bool no_trunc, int64_t now) {
  const std::string size = ui::human_size(row.image->size);
  return {{"Containers", "N/A"},
          {"CreatedAt", ui::to_created_at(row.image->created_ms)},
          {"CreatedSince", ui::human_duration(now - row.image->created_ms) + " ago"},
          {"Digest", row.digest},
          {"ID", no_trunc ? row.image->id : ui::short_id(row.image->id)},
          {"Repository", row.repository},
          {"SharedSize", "N/A"},
          {"Size", size},
          {"Tag", row.tag},
          {"UniqueSize", "N/A"},
          {"VirtualSize", size}};
}

const Titles& titles() {
  static const Titles kTitles{{"Containers", "CONTAINERS"},
                              {"CreatedAt", "CREATED AT"},
                              {"CreatedSince", "CREATED"},
                              {"Digest", "DIGEST"},
                              {"ID", "IMAGE ID"},
                              {"Repository", "REPOSITORY"},
                              {"SharedSize", "SHARED SIZE"},
                              {"Size", "SIZE"},
                              {"Tag", "TAG"},
                              {"UniqueSize", "UNIQUE SIZE"},
                              {"VirtualSize", "VIRTUAL SIZE"}};
  return kTitles;
}

std::string table_of(const std::vector<nlohmann::ordered_json>& rows, bool digests) {
  std::vector<std::string> fields{"Repository", "Tag", "ID", "CreatedSince", "Size"};
  if (digests) fields.insert(fields.begin() + 2, "Digest");
  std::vector<std::string> header;
  header.reserve(fields.size());
  for (const std::string& field : fields) header.push_back(titles().at(field));
  ui::Table table(header);
  for (const auto& row : rows) {
    std::vector<std::string> line;
    line.reserve(fields.size());
    for (const std::string& field : fields) line.push_back(row.at(field));
    table.add(std::move(line));
  }
  return table.to_string();
}

}  // namespace

int image_ls(Context& context, const Words& args) {
  const Flags flags = parse(args);
  const OutputFormat format(flags.format);
  engine::ImageStore& store = context.engine().image_store();
  const auto images = selected(store, flags);
  if (flags.quiet) {
    std::string text;
    for (const auto& image : images) text += (flags.no_trunc ? image.id : ui::short_id(image.id)) + '\n';
    print(text);
    return 0;
  }
  const int64_t now = ui::now_ms();
  const bool digests = flags.digests || flags.format.find(".Digest") != std::string::npos;
  std::vector<nlohmann::ordered_json> rows;
  for (const auto& image : images) {
    for (const Row& row : rows_of(image, store.repository_digests(image.id), digests))
      rows.push_back(json_of(row, flags.no_trunc, now));
  }
  print(format.is_template() ? format.render(rows, titles())
        : format.is_json()   ? json_lines(rows)
                             : table_of(rows, flags.digests));
  return 0;
}

}  // namespace compose::cli
