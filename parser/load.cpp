// The pipeline, stage by stage; each stage is a file of its own.
#include "parser/load.h"

#include "parser/canonical.h"
#include "parser/check.h"
#include "parser/discovery.h"
#include "parser/environment.h"
#include "parser/interpolate.h"
#include "parser/merge.h"
#include "parser/profiles.h"
#include "parser/project_name.h"
#include "parser/reader.h"
#include "parser/schema.h"
#include "parser/yaml.h"

namespace parser {

namespace {

// The documents of all files in merge order. Throws LoadError when one cannot be read: without it all that
// refers to it would be called undefined.
std::vector<Node> read_documents(const std::vector<InputFile>& files, Report& report) {
  std::vector<Node> documents;
  bool complete = true;
  for (const InputFile& file : files) {
    const Source* source = read_source(report, file.path, file.shown);
    const size_t errors = report.errors();
    std::vector<Node> read = source == nullptr ? std::vector<Node>() : load_yaml(*source, report);
    complete &= !read.empty();
    if (source != nullptr && read.empty() && report.errors() == errors)
      report.error({file.shown, 0, 0}, "", "the file is empty", "it needs at least 'services:'");
    for (Node& document : read) documents.push_back(std::move(document));
  }
  if (!complete) report.throw_if_failed();
  return documents;
}

void drop_version(Node& document, Report& report) {
  const Entry* version = document.find_entry("version");
  if (version == nullptr) return;
  report.warning(version->key_at.mark(), "", "'version' is obsolete and ignored", "remove the line");
  document.erase("version");
}

Node merge_all(std::vector<Node> documents, const StringMap& environment, Report& report) {
  Node merged = Node::map({});
  for (Node& document : documents) {
    interpolate(document, lookup_in(environment), report);
    check_schema(document, report);
    drop_version(document, report);
    make_canonical(document, report);
    merge_document(merged, std::move(document), report);
  }
  check_no_empty_values(merged, report);
  return merged;
}

std::vector<std::string> enabled_profiles(const LoadOptions& options, const StringMap& environment) {
  if (!options.profiles.empty()) return options.profiles;
  const auto found = environment.find("COMPOSE_PROFILES");
  return found == environment.end() ? std::vector<std::string>() : split_list(found->second, ",");
}

void resolve_environments(Draft& draft, const LoadOptions& options, const StringMap& environment,
                          Report& report) {
  const auto resolve_all = [&](std::map<std::string, Service>& services, bool active) {
    for (auto& [name, service] : services) {
      ServiceDraft& own = draft.services.at(name);
      if (!options.resolve_environment)
        keep_environment(own);
      else if (active)
        resolve_environment(own, environment, report);
      else
        resolve_environment_without_files(own, environment);
      if (active) resolve_labels(own, report);
      service.environment = own.service.environment;
      service.unset_environment = own.service.unset_environment;
      service.labels = own.service.labels;
    }
  };
  resolve_all(draft.project.services, true);
  resolve_all(draft.project.disabled_services, false);
  draft.project.environment_resolved = options.resolve_environment;
}

std::vector<Diagnostic> warnings_of(const Report& report) {
  std::vector<Diagnostic> warnings = report.diagnostics();
  std::erase_if(warnings,
                [](const Diagnostic& diagnostic) { return diagnostic.severity != Severity::kWarning; });
  return warnings;
}

}  // namespace

LoadResult load(const LoadOptions& options) {
  const auto shared_report = std::make_shared<Report>();
  Report& report = *shared_report;
  Surroundings surroundings = survey(options, report);
  if (surroundings.files.empty()) report_no_file(surroundings, report);
  report.throw_if_failed();

  std::vector<Node> documents = read_documents(surroundings.files, report);
  const std::string name = choose_project_name(options, surroundings, documents, report);
  StringMap environment = surroundings.environment;
  environment["COMPOSE_PROJECT_NAME"] = name;
  Node merged = merge_all(std::move(documents), environment, report);

  Reader reader(report, environment, surroundings.project_directory);
  Draft draft = read_project(reader, merged, name);
  if (options.normalize)
    complete(draft);
  else
    forget_derived_names(draft);
  apply_profiles(draft, enabled_profiles(options, environment), options.selected);
  resolve_environments(draft, options, environment, report);
  if (options.check_consistency) check_project(draft, report);
  report.throw_if_failed();

  Project& project = draft.project;
  drop_unused(project);
  project.working_dir = surroundings.project_directory;
  for (const InputFile& file : surroundings.files) project.config_files.push_back(file.path);
  project.env_files = std::move(surroundings.env_files);
  project.environment = std::move(environment);
  return {std::move(project), warnings_of(report),
          std::make_shared<const Document>(Document{std::move(merged), shared_report})};
}

std::string project_name(const LoadOptions& options) {
  Report report;
  const Surroundings surroundings = survey(options, report);
  const auto given = given_project_name(options, surroundings, report);
  report.throw_if_failed();
  if (given) return *given;
  if (surroundings.files.empty()) report_no_file(surroundings, report);
  report.throw_if_failed();
  const std::vector<Node> documents = read_documents(surroundings.files, report);
  std::string name = choose_project_name(options, surroundings, documents, report);
  report.throw_if_failed();
  return name;
}

StringMap tool_environment(const LoadOptions& options) {
  Report report;
  Surroundings surroundings = survey(options, report);
  report.throw_if_failed();
  return std::move(surroundings.environment);
}

}  // namespace parser
