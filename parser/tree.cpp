#include "parser/tree.h"

#include <nlohmann/json.hpp>

#include "parser/extends.h"
#include "parser/include.h"
#include "parser/load_balancers.h"
#include "parser/merge.h"
#include "parser/node_json.h"
#include "parser/project_name.h"
#include "parser/schema.h"
#include "parser/yaml_writer.h"

namespace parser {

namespace {

// Only now: as a value of each document it would be laid over the context of an earlier one.
void add_default_contexts(Node& tree, const Scope& scope) {
  for_each_match(tree, "services.*.build", [&scope](Node& build, const Path&) {
    if (build.is_map() && build.find("context") == nullptr)
      build.set("context", build.at, Node::scalar(scope.resolve_paths ? scope.folder : ".", build.at));
  });
}

// A typed service takes some ten kilobytes, whatever little its text says.
void check_number(const Node& tree, Report& report) {
  const Node* services = tree.find("services");
  if (services == nullptr || services->entries.size() <= kMaxServices) return;
  report.error(services->entries[kMaxServices].key_at.mark(), "services",
               "more than " + std::to_string(kMaxServices) + " services in one project");
  report.throw_if_failed();
}

}  // namespace

Node merge_files(std::vector<ReadFile> files, const Scope& scope, const std::vector<InputFile>& ancestors,
                 Documents& documents) {
  Extends extends(scope, documents);
  Node merged = Node::map({});
  for (ReadFile& file : files) {
    std::vector<InputFile> chain = ancestors;
    chain.push_back(file.file);
    for (Node& document : file.documents) {
      documents.prepare(document, scope);
      apply_includes(document, scope, chain, documents);
      extends.apply(document, merged, file.file);
      merge_document(merged, std::move(document), documents.report());
    }
  }
  add_default_contexts(merged, scope);
  return merged;
}

std::vector<ReadFile> read_files(const std::vector<InputFile>& files, Documents& documents) {
  std::vector<ReadFile> result;
  bool complete = true;
  for (const InputFile& file : files) {
    result.push_back(documents.read(file));
    complete &= !result.back().documents.empty();
  }
  if (!complete) documents.report().throw_if_failed();
  return result;
}

ProjectTree load_tree(const LoadOptions& options, Report& report) {
  ProjectTree result;
  result.surroundings = survey_files(options, report);

  Documents documents(options, result.surroundings.working_directory, options.interpolate, report);
  std::vector<ReadFile> files = read_files(result.surroundings.files, documents);
  result.name = choose_project_name(options, result.surroundings, files, report);
  result.environment = result.surroundings.environment;
  result.environment["COMPOSE_PROJECT_NAME"] = result.name;

  const Scope scope{result.environment, result.surroundings.project_directory, options.resolve_paths};
  result.tree = merge_files(std::move(files), scope, {}, documents);
  add_load_balancers(result.tree, scope, documents);
  result.file_variables = documents.take_file_variables();
  check_number(result.tree, report);
  check_no_empty_values(result.tree, report);
  return result;
}

std::string to_yaml(const Node& tree) {
  return write_yaml(json_of(tree));
}

}  // namespace parser
