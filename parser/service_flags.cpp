#include "parser/service_flags.h"

#include "parser/canonical.h"
#include "parser/environment.h"
#include "parser/paths.h"
#include "parser/reader.h"

namespace parser {

namespace {

// A document as a file would hold it, its places being the flags.
class FlagDocument {
 public:
  explicit FlagDocument(Report& report)
      : report_(report), at_{&report.add_source("command line", ""), 0, 0}, service_(Node::map(at_)) {}

  void list(const char* attribute, const char* flag, const std::vector<std::string>& values) {
    if (values.empty()) return;
    const Location at = place(flag);
    Node list = Node::sequence(at);
    for (const std::string& value : values) list.items.push_back(Node::scalar(value, at));
    service_.set(attribute, at, std::move(list));
  }
  void pairs(const char* attribute, const char* flag, const std::vector<std::string>& values,
             bool need_value) {
    for (const std::string& value : values) {
      const size_t equals = value.find('=');
      if (equals == 0 || value.empty() || (need_value && equals == std::string::npos))
        report_.error(place(flag).mark(), "", "invalid value '" + value + "'", "it must be NAME=VALUE");
    }
    list(attribute, flag, values);
  }
  void text(const char* attribute, const char* flag, const std::string& value) {
    const Location at = place(flag);
    service_.set(attribute, at, Node::scalar(value, at));
  }

  Node document() && {
    Node services = Node::map(at_), document = Node::map(at_);
    services.set("_", at_, std::move(service_));
    document.set("services", at_, std::move(services));
    return document;
  }

 private:
  Location place(const char* flag) { return {&report_.add_source(flag, ""), 0, 0}; }

  Report& report_;
  Location at_;
  Node service_;
};

// The place in the document means nothing to who typed a flag.
void throw_if_failed(const Report& report) {
  if (!report.failed()) return;
  std::vector<Diagnostic> diagnostics = report.diagnostics();
  for (Diagnostic& diagnostic : diagnostics) diagnostic.path.clear();
  throw LoadError(std::move(diagnostics));
}

}  // namespace

Service read_service_flags(const ServiceFlags& flags, const Project& project, const std::string& folder) {
  Report report;
  FlagDocument given(report);
  given.pairs("environment", "--env", flags.environment, false);
  given.list("env_file", "--env-from-file", flags.env_files);
  given.pairs("labels", "--label", flags.labels, true);
  given.list("ports", "--publish", flags.ports);
  given.list("volumes", "--volume", flags.volumes);
  given.list("cap_add", "--cap-add", flags.cap_add);
  given.list("cap_drop", "--cap-drop", flags.cap_drop);
  if (flags.entrypoint) given.text("entrypoint", "--entrypoint", *flags.entrypoint);
  throw_if_failed(report);

  Node document = std::move(given).document();
  make_canonical(document, report);
  resolve_paths(document, folder, project.environment, report);
  const StringMap no_file_variables;
  Reader reader(report, project.environment, no_file_variables, folder);
  ServiceDraft draft;
  const Path path = Path().key("services").key("_");
  read_service(reader, *document.find("services")->find("_"), path, draft);
  resolve_environment(draft, project.environment, report);
  throw_if_failed(report);
  return std::move(draft.service);
}

}  // namespace parser
