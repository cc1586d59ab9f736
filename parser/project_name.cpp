#include "parser/project_name.h"

#include <filesystem>

#include "parser/interpolate.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

namespace {

void check(const std::string& name, const Mark& mark, const std::string& path, Report& report) {
  try {
    check_project_name(name);
  } catch (const ValueError& error) {
    report.error(mark, path, error.what(), error.hint());
  }
}

}  // namespace

std::optional<std::string> given_project_name(const LoadOptions& options, const Surroundings& surroundings,
                                              Report& report) {
  std::string name = options.project_name;
  std::string origin = "--project-name";
  if (name.empty()) {
    const auto found = surroundings.environment.find("COMPOSE_PROJECT_NAME");
    if (found == surroundings.environment.end() || found->second.empty()) return std::nullopt;
    name = found->second;
    origin = "COMPOSE_PROJECT_NAME";
  }
  check(name, {}, origin, report);
  return name;
}

std::string choose_project_name(const LoadOptions& options, const Surroundings& surroundings,
                                const std::vector<ReadFile>& files, Report& report) {
  if (const auto given = given_project_name(options, surroundings, report)) return *given;
  std::vector<const Node*> documents;
  for (const ReadFile& file : files)
    for (const Node& document : file.documents) documents.push_back(&document);
  for (auto document = documents.rbegin(); document != documents.rend(); ++document) {
    const Node* node = (*document)->find("name");
    if (node == nullptr || !node->is_scalar() || node->tag == Node::Tag::kReset) continue;
    Node name = *node;
    {
      // Anything wrong in it is reported when the whole document is interpolated.
      const Report::Silence silence(report);
      interpolate(name, lookup_in(surroundings.environment), report);
    }
    if (name.poisoned || name.text.empty()) continue;
    check(name.text, node->mark(), "name", report);
    return name.text;
  }
  for (const std::string& folder : {surroundings.name_directory, surroundings.working_directory})
    if (std::string name = derive_project_name(std::filesystem::path(folder).filename().string());
        !name.empty())
      return name;
  report.error({}, "", "the folder's name gives no project name", "give one with -p");
  return "";
}

}  // namespace parser
