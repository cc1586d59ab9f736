#include "parser/documents.h"

#include <filesystem>

#include "parser/canonical.h"
#include "parser/interpolate.h"
#include "parser/paths.h"
#include "parser/schema.h"
#include "parser/yaml.h"

namespace parser {

namespace {

size_t size_of(const Node& node) {
  size_t size = 1;
  for (const Node& item : node.items) size += size_of(item);
  for (const Entry& entry : node.entries) size += size_of(entry.value);
  return size;
}

void drop_version(Node& document, Report& report) {
  const Entry* version = document.find_entry("version");
  if (version == nullptr) return;
  report.warning(version->key_at.mark(), "", "'version' is obsolete and ignored", "remove the line");
  document.erase("version");
}

}  // namespace

Documents::Documents(const LoadOptions& options, std::string working_directory, bool interpolate,
                     Report& report)
    : options_(options),
      working_directory_(std::move(working_directory)),
      interpolate_(interpolate),
      report_(report) {}

ReadFile Documents::read(const InputFile& file) {
  return load(file, read_source(report_, file.path, file.shown));
}

ReadFile Documents::read(const InputFile& file, const Node& asker, const std::string& where,
                         Origin::Kind kind) {
  if (++files_ > kMaxFiles) {
    report_.error(asker.mark(), where, "more than " + std::to_string(kMaxFiles) + " files in one project");
    report_.throw_if_failed();
  }
  return load(file,
              read_source(report_, file.path, file.shown, asker.mark(), where, asker.at.chain_to(kind)));
}

std::optional<InputFile> Documents::fetch(const Node& asker, const std::string& where) {
  const auto local = fetch_remote_file(options_, asker.text, asker.mark(), where, report_);
  if (!local) return std::nullopt;
  return InputFile{*local, asker.text};
}

ReadFile Documents::load(const InputFile& file, const Source* source) {
  if (source == nullptr) return {file, {}};
  const size_t errors = report_.errors();
  ReadFile result{file, load_yaml(*source, report_)};
  if (result.documents.empty() && report_.errors() == errors)
    report_.error({source->name(), 0, 0}, "", "the file is empty", "it needs at least 'services:'");
  for (const Node& document : result.documents) count(document, document.at);
  return result;
}

void Documents::prepare(Node& document, const Scope& scope) {
  if (interpolate_)
    interpolate(document, lookup_in(scope.environment), report_);
  else
    keep_variables(document, lookup_in(scope.environment), report_);
  check_schema(document, report_);
  drop_version(document, report_);
  make_canonical(document, report_);
  if (scope.resolve_paths) resolve_paths(document, scope.folder, scope.environment, report_);
}

void Documents::count(const Node& tree, const Location& at) {
  nodes_ += size_of(tree);
  if (nodes_ <= kMaxNodesOfAllFiles) return;
  report_.error(at.mark(), "",
                "the project's files hold more than " + std::to_string(kMaxNodesOfAllFiles) + " values");
  report_.throw_if_failed();
}

InputFile Documents::file_at(const std::string& path) const {
  const std::string relative = std::filesystem::path(path).lexically_relative(working_directory_).string();
  const bool far = relative.empty() || relative.rfind("../../..", 0) == 0;
  return {path, far ? path : relative};
}

}  // namespace parser
