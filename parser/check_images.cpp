// The grammar of image names: `image`, build.tags, the images of pre_start commands and of mounts.
#include <optional>
#include <set>
#include <tuple>

#include "oci/reference.h"
#include "parser/check.h"

namespace parser {

namespace {

void note(const Node* node, const Path& path, ServiceDraft& draft) {
  if (node != nullptr && node->is_scalar() && !node->text.empty())
    draft.images.push_back({node->text, node->mark(), path.to_string()});
}

using Place = std::tuple<std::string, int, int>;

Place place_of(const Mark& mark) {
  return {mark.file, mark.line, mark.column};
}

// Where something has been warned of: where a name is wrong, a variable in it that is not set.
std::set<Place> warned_places(const Report& report) {
  std::set<Place> places;
  for (const Diagnostic& diagnostic : report.diagnostics())
    if (diagnostic.severity == Severity::kWarning) places.insert(place_of(diagnostic.mark));
  return places;
}

std::string shown(const std::string& text) {
  return text.find_first_of("\n\t") == std::string::npos ? "'" + text + "'" : "of several lines";
}

}  // namespace

void note_images(const Node& node, const Path& path, ServiceDraft& draft) {
  note(node.find("image"), path.key("image"), draft);
  if (const Node* hooks = node.find("pre_start"))
    for (size_t i = 0; i < hooks->items.size(); ++i)
      note(hooks->items[i].find("image"), path.key("pre_start").index(i).key("image"), draft);
  const Node* build = node.find("build");
  if (const Node* tags = build == nullptr ? nullptr : build->find("tags"))
    for (size_t i = 0; i < tags->items.size(); ++i)
      note(&tags->items[i], path.key("build").key("tags").index(i), draft);
  if (const Node* mounts = node.find("volumes"))
    for (size_t i = 0; i < mounts->items.size(); ++i)
      if (const Node* type = mounts->items[i].find("type"); type != nullptr && type->text == "image")
        note(mounts->items[i].find("source"), path.key("volumes").index(i).key("source"), draft);
}

void check_images(const Draft& draft, Report& report) {
  std::optional<std::set<Place>> warned;  // of a file without mistakes nobody asks
  for (const auto& [name, ignored] : draft.project.services) {
    for (const ImageMention& image : draft.services.at(name).images) {
      // A mount may take the image of another service, by that one's name.
      if (draft.services.count(image.text) != 0 || oci::is_image_id(image.text)) continue;
      try {
        oci::parse_reference(image.text);
      } catch (const oci::ReferenceError& error) {
        if (!warned) warned = warned_places(report);
        const std::string near = oci::nearest_reference(image.text);
        const std::string message = "invalid image name " + shown(image.text) + ": " + error.what();
        const std::string hint =
            near.empty() ? "write [registry/]name[:tag]: nginx:1.25" : "did you mean '" + near + "'?";
        // `down` must work also where the variables are not set that `up` had.
        if (warned->count(place_of(image.mark)) == 0)
          report.error(image.mark, image.where, message, hint);
        else if (draft.project.environment_resolved)
          report.warning(image.mark, image.where, message);
      }
    }
  }
}

}  // namespace parser
