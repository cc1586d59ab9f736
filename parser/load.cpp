// The pipeline, stage by stage; each stage is a file of its own.
#include "parser/load.h"

#include "parser/check.h"
#include "parser/environment.h"
#include "parser/interpolate.h"
#include "parser/profiles.h"
#include "parser/project_name.h"
#include "parser/reader.h"
#include "parser/schema.h"
#include "parser/switches.h"
#include "parser/tree.h"

namespace parser {

namespace {

std::vector<std::string> enabled_profiles(const LoadOptions& options, const StringMap& environment) {
  if (!options.profiles.empty()) return options.profiles;
  const auto found = environment.find("COMPOSE_PROFILES");
  return found == environment.end() ? std::vector<std::string>() : split_list(found->second, ",");
}

void resolve_environments(Draft& draft, const LoadOptions& options, const StringMap& environment,
                          Report& report) {
  const auto resolve_all = [&](std::map<std::string, Service>& services, bool with_files) {
    for (auto& [name, service] : services) {
      ServiceDraft& own = draft.services.at(name);
      const Missing missing = draft.wanted.count(name) != 0 ? Missing::kError : Missing::kPassedOver;
      if (!options.resolve_environment)
        keep_environment(own);
      else if (with_files)
        resolve_environment(own, environment, missing, report);
      else
        resolve_environment_without_files(own, environment);
      if (with_files) resolve_labels(own, missing, report);
    }
  };
  resolve_all(draft.project.services, options.resolve_environment);
  resolve_all(draft.project.disabled_services, false);
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
  LoadOptions with_values = options;
  with_values.interpolate = true;
  ProjectTree merged = load_tree(with_values, report);
  const StringMap& environment = merged.environment;

  Reader reader(report, environment, merged.file_variables, merged.surroundings.working_directory);
  Draft draft = read_project(reader, merged.tree, merged.name);
  if (options.normalize)
    complete(draft);
  else
    forget_derived_names(draft);
  apply_profiles(draft, enabled_profiles(options, environment), options.selected);
  draft.project.environment_resolved = options.resolve_environment;
  draft.wanted = wanted_services(draft.project, options.selected);
  resolve_environments(draft, options, environment, report);
  if (options.check_consistency) check_project(draft, report);
  report.throw_if_failed();

  Project& project = draft.project;
  if (!is_switched_on(environment, kAllResources)) drop_unused(project);
  project.working_dir = merged.surroundings.project_directory;
  for (const InputFile& file : merged.surroundings.files) project.config_files.push_back(file.path);
  project.env_files = std::move(merged.surroundings.env_files);
  project.environment = std::move(merged.environment);
  return {std::move(project), warnings_of(report),
          std::make_shared<const Document>(Document{std::move(merged.tree), shared_report})};
}

WrittenProject load_as_written(const LoadOptions& options) {
  const auto report = std::make_shared<Report>();
  LoadOptions as_written = options;
  as_written.interpolate = false;
  ProjectTree merged = load_tree(as_written, *report);
  report->throw_if_failed();
  const Location at = merged.tree.at;
  merged.tree.set("name", at, Node::scalar(merged.name, at));
  return {{std::move(merged.tree), report}, warnings_of(*report)};
}

std::vector<Diagnostic> outside_version_3(const LoadOptions& options) {
  Report report;
  const Surroundings surroundings = survey_files(options, report);
  Documents documents(options, surroundings.working_directory, false, report);
  std::vector<Diagnostic> found;
  for (ReadFile& file : read_files(surroundings.files, documents)) {
    for (Node& document : file.documents) {
      keep_variables(document, lookup_in(surroundings.environment), report);
      for (Diagnostic& diagnostic : check_version_3(document)) found.push_back(std::move(diagnostic));
    }
  }
  report.throw_if_failed();
  return found;
}

std::string project_name(const LoadOptions& options) {
  Report report;
  Surroundings surroundings = survey(options, report);
  const auto given = given_project_name(options, surroundings, report);
  report.throw_if_failed();
  if (given) return *given;
  if (surroundings.files.empty()) report_no_file(surroundings, report);
  fetch_remote_files(options, surroundings, report);
  report.throw_if_failed();
  Documents documents(options, surroundings.working_directory, true, report);
  std::string name =
      choose_project_name(options, surroundings, read_files(surroundings.files, documents), report);
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
