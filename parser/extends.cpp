#include "parser/extends.h"

#include <algorithm>

#include "parser/merge.h"
#include "parser/paths.h"
#include "parser/units.h"

namespace parser {

namespace {

Path service_path(const std::string& name) {
  return Path().key("services").key(name);
}

void add_names(const Node& document, std::vector<std::string>& names) {
  if (const Node* services = document.find("services"))
    for (const Entry& entry : services->entries) names.push_back(entry.key);
}

std::map<std::string, size_t> places_in(const Node& document) {
  std::map<std::string, size_t> places;
  if (const Node* services = document.find("services"))
    for (size_t i = 0; i < services->entries.size(); ++i) places.emplace(services->entries[i].key, i);
  return places;
}

}  // namespace

Node* Extends::Home::find(size_t document, const std::string& name) {
  const auto place = places[document].find(name);
  if (place == places[document].end()) return nullptr;
  Node& service = read.documents[document].find("services")->entries[place->second].value;
  return service.tag == Node::Tag::kReset ? nullptr : &service;
}

Extends::Extends(const Scope& scope, Documents& documents)
    : scope_(scope), documents_(documents), report_(documents.report()) {}

void Extends::apply(Node& document, const Node& before, const InputFile& file) {
  std::vector<std::string> names;
  if (const Node* services = document.find("services"))
    for (const Entry& entry : services->entries)
      if (entry.value.find("extends") != nullptr) names.push_back(entry.key);
  if (names.empty()) return;
  Home home{{file, {}}, scope_.folder, &before, {places_in(document)}, places_in(before)};
  home.read.documents.push_back(std::move(document));
  for (const std::string& name : names) resolve(home, 0, name);
  document = std::move(home.read.documents.front());
}

void Extends::resolve(Home& home, size_t document, const std::string& name) {
  Node* service = home.find(document, name);
  const Node* given = service == nullptr ? nullptr : service->find("extends");
  // Without a value it stays, to be told like every attribute without one.
  if (given == nullptr || (given->is_null() && given->tag == Node::Tag::kNone)) return;
  const Node request = *given;
  const Path path = service_path(name).key("extends");
  const Step step{&home, document, name};
  if (closes_circle(step, request, path)) {
    service->damaged = true;
    return;
  }

  chain_.push_back(step);
  std::optional<Node> base;
  if (request.is_map()) base = find_base(home, document, request, path);
  chain_.pop_back();

  // Looked up again: while its base was found, other services of the document were rewritten.
  service = home.find(document, name);
  service->erase("extends");
  if (base) {
    base->erase("extends");
    documents_.count(*base, request.at);
    lay_under(*service, std::move(*base), service_path(name), report_);
  } else {
    service->damaged |= request.is_map();
  }
}

bool Extends::closes_circle(const Step& step, const Node& request, const Path& path) {
  const auto name_of = [](const Step& at) { return at.service + " (" + at.home->read.file.shown + ")"; };
  const auto first = std::find_if(chain_.begin(), chain_.end(), [&](const Step& at) {
    return at.home->read.file.path == step.home->read.file.path && at.document == step.document &&
           at.service == step.service;
  });
  if (first != chain_.end()) {
    std::string text;
    for (auto at = first; at != chain_.end(); ++at) text += name_of(*at) + " -> ";
    report_.error(request.mark(), path.to_string(),
                  "services extend each other in a circle: " + text + name_of(step));
    return true;
  }
  if (chain_.size() < kMaxChain) return false;
  report_.error(request.mark(), path.to_string(),
                "services extend each other more than " + std::to_string(kMaxChain) + " deep");
  return true;
}

std::optional<Node> Extends::find_base(Home& home, size_t document, const Node& request, const Path& path) {
  const Node* service = request.find("service");
  if (service == nullptr || !service->is_scalar()) {
    if (!request.damaged)
      report_.error(request.mark(), path.to_string(), "extends without 'service', the one to start from");
    return std::nullopt;
  }
  if (const Node* file = request.find("file"); file != nullptr && file->is_scalar())
    return in_file(*file, *service, path);
  std::optional<Node> base = nearby(home, document, service->text);
  if (!base && !home.read.documents[document].damaged) {
    std::vector<std::string> known;
    for (size_t i = 0; i <= document; ++i) add_names(home.read.documents[i], known);
    if (home.before != nullptr) add_names(*home.before, known);
    report_missing(*service, home.read.file.shown, known, "", path);
  }
  return base;
}

std::optional<Node> Extends::in_file(const Node& file, const Node& service, const Path& path) {
  Home* home = open(file, path);
  if (home == nullptr || home->broken) return std::nullopt;
  std::optional<Node> base = folded(*home, home->read.documents.size(), service.text);
  if (base) return base;
  std::vector<std::string> known;
  bool includes = false;
  for (const Node& document : home->read.documents) {
    add_names(document, known);
    includes |= document.find("include") != nullptr;
  }
  report_missing(
      service, home->read.file.shown, known,
      includes ? "what that file includes is not searched, name the file that has the service" : "", path);
  return base;
}

void Extends::report_missing(const Node& service, const std::string& file,
                             const std::vector<std::string>& known, const std::string& hint,
                             const Path& path) {
  std::vector<std::string> others = known;
  std::erase(others, chain_.back().service);
  const std::string meant = did_you_mean(service.text, others);
  report_.error(service.mark(), path.to_string(), "there is no service '" + service.text + "' in " + file,
                meant.empty() ? hint : meant);
}

// In the same document, else in those before.
std::optional<Node> Extends::nearby(Home& home, size_t document, const std::string& name) {
  if (home.find(document, name) != nullptr) {
    resolve(home, document, name);
    return without_tags(*home.find(document, name), service_path(name), report_);
  }
  if (home.before == nullptr) return folded(home, document, name);
  const auto place = home.places_before.find(name);
  if (place == home.places_before.end()) return std::nullopt;
  const Node& service = home.before->find("services")->entries[place->second].value;
  return without_tags(service, service_path(name), report_);
}

// What the first documents of a file come to.
std::optional<Node> Extends::folded(Home& home, size_t documents, const std::string& name) {
  std::optional<Node> result;
  for (size_t i = 0; i < documents; ++i) {
    if (home.find(i, name) == nullptr) continue;
    resolve(home, i, name);
    Node over = *home.find(i, name);
    if (result) lay_under(over, std::move(*result), service_path(name), report_);
    result = without_tags(std::move(over), service_path(name), report_);
  }
  return result;
}

Extends::Home* Extends::open(const Node& file, const Path& path) {
  std::optional<InputFile> input;
  if (is_remote(file.text))
    input = documents_.fetch(file, path.to_string());
  else
    input = documents_.file_at(resolve_path(file, path.key("file").to_string(), chain_.back().home->folder,
                                            scope_.environment, report_));
  if (!input) return nullptr;
  const std::string absolute = input->path;
  std::unique_ptr<Home>& home = files_[absolute];
  if (home) return home.get();
  home = std::make_unique<Home>();
  home->read = documents_.read(*input, file, path.to_string(), Origin::Kind::kExtended);
  home->broken = home->read.documents.empty();
  const Scope own{scope_.environment, folder_of(absolute), true};
  home->folder = own.folder;
  for (Node& document : home->read.documents) {
    documents_.prepare(document, own);
    home->places.push_back(places_in(document));
  }
  return home.get();
}

}  // namespace parser
