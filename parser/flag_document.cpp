#include "parser/flag_document.h"

#include "parser/canonical.h"
#include "parser/paths.h"
#include "parser/reader.h"

namespace parser {

namespace {

constexpr char kService[] = "_";

// The member of `map` at `path` ("a/b"), made when missing; those on the way are maps.
Node& member_of(Node& map, const std::string& path, const Location& at) {
  const size_t slash = path.find('/');
  const std::string key = path.substr(0, slash);
  Node* found = map.find(key);
  if (found == nullptr) {
    map.set(key, at, slash == std::string::npos ? Node::null(at) : Node::map(at));
    found = map.find(key);
  }
  if (slash == std::string::npos) return *found;
  if (found->is_null()) *found = Node::map(at);
  return member_of(*found, path.substr(slash + 1), at);
}

}  // namespace

FlagDocument::FlagDocument() : at_{&report_.add_source("command line", ""), 0, 0}, root_(Node::map(at_)) {
  Node services = Node::map(at_);
  services.set(kService, at_, Node::map(at_));
  root_.set("services", at_, std::move(services));
}

Location FlagDocument::place(const std::string& flag) {
  return {&report_.add_source(flag, ""), 0, 0};
}

Node& FlagDocument::at(const std::string& attribute, const Location& at) {
  return member_of(*root_.find("services")->find(kService), attribute, at);
}

void FlagDocument::text(const std::string& attribute, const std::string& flag, const std::string& value) {
  const Location here = place(flag);
  at(attribute, here) = Node::scalar(value, here);
}

void FlagDocument::list(const std::string& attribute, const std::string& flag,
                        const std::vector<std::string>& values) {
  const Location here = place(flag);
  Node& list = at(attribute, here);
  if (list.is_null()) list = Node::sequence(here);
  for (const std::string& value : values) list.items.push_back(Node::scalar(value, here));
}

void FlagDocument::pairs(const std::string& attribute, const std::string& flag,
                         const std::vector<std::string>& values, bool need_value) {
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (equals == 0 || value.empty() || (need_value && equals == std::string::npos))
      error(flag, "invalid value '" + value + "'", "it must be NAME=VALUE");
  }
  list(attribute, flag, values);
}

void FlagDocument::map(const std::string& attribute, const std::string& flag) {
  const Location here = place(flag);
  Node& map = at(attribute, here);
  if (map.is_null()) map = Node::map(here);
}

void FlagDocument::member(const std::string& attribute, const std::string& flag, const std::string& name,
                          const std::string& value) {
  const Location here = place(flag);
  Node& map = at(attribute, here);
  if (map.is_null()) map = Node::map(here);
  map.set(name, here, Node::scalar(value, here));
}

void FlagDocument::item(const std::string& attribute, const std::string& flag, const Fields& fields) {
  const Location here = place(flag);
  Node& list = at(attribute, here);
  if (list.is_null()) list = Node::sequence(here);
  Node map = Node::map(here);
  for (const auto& [name, value] : fields) member_of(map, name, here) = Node::scalar(value, here);
  list.items.push_back(std::move(map));
}

void FlagDocument::error(const std::string& flag, const std::string& message, const std::string& hint) {
  report_.error(place(flag).mark(), "", message, hint);
}

// The place in the document means nothing to who typed a flag.
void FlagDocument::throw_if_failed() const {
  if (!report_.failed()) return;
  std::vector<Diagnostic> diagnostics = report_.diagnostics();
  for (Diagnostic& diagnostic : diagnostics) diagnostic.path.clear();
  throw LoadError(std::move(diagnostics));
}

void FlagDocument::complete(const StringMap& environment, const std::string& folder) {
  throw_if_failed();
  make_canonical(root_, report_);
  resolve_paths(root_, folder, environment, report_);
}

Service FlagDocument::service(const StringMap& environment, const std::string& folder) {
  const StringMap no_file_variables;
  Reader reader(report_, environment, no_file_variables, folder);
  Service service;
  ServiceDraft draft(service);
  const Path path = Path().key("services").key(kService);
  read_service(reader, *root_.find("services")->find(kService), path, draft);
  resolve_environment(draft, environment, Missing::kError, report_);
  resolve_labels(draft, Missing::kError, report_);
  throw_if_failed();
  return service;
}

}  // namespace parser
