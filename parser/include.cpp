#include "parser/include.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>

#include "parser/merge.h"
#include "parser/paths.h"
#include "parser/tree.h"

namespace parser {

namespace {

// Names, `version` and extensions of an included project are its own affair.
constexpr const char* kSections[] = {"services", "networks", "volumes", "configs", "secrets", "models"};

bool is_empty(const Node& node) {
  return node.is_null() || (node.is_map() && node.entries.empty());
}

bool same(const Node& a, const Node& b);

// Entry by entry as they stand, or in another order.
bool same_entries(const Node& a, const Node& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (size_t i = 0; i < a.entries.size(); ++i) {
    const Entry& entry = a.entries[i];
    const Node* other = b.entries[i].key == entry.key ? &b.entries[i].value : b.find(entry.key);
    if (other == nullptr || !same(entry.value, *other)) return false;
  }
  return true;
}

bool same(const Node& a, const Node& b) {
  if (is_empty(a) && is_empty(b)) return true;
  return a.kind == b.kind && a.tag == b.tag && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
         same_entries(a, b);
}

class Inclusion {
 public:
  Inclusion(const Node& item, const Path& path, const Scope& scope, const std::vector<InputFile>& ancestors,
            Documents& documents)
      : item_(item),
        path_(path),
        scope_(scope),
        ancestors_(ancestors),
        documents_(documents),
        report_(documents.report()) {}

  // The included project's tree; a damaged one when it could not be read.
  Node load() {
    Node failed = Node::map(item_.at);
    failed.damaged = true;
    const Node* paths = item_.find("path");
    if (paths == nullptr || paths->items.empty()) {
      if (!item_.damaged)
        report_.error(item_.mark(), path_.to_string(), "include without 'path', the Compose file");
      return failed;
    }
    const size_t errors = report_.errors();
    std::vector<ReadFile> files;
    for (const Node& path : paths->items)
      if (auto file = read(path)) files.push_back(std::move(*file));
    if (report_.errors() != errors) return failed;
    const Scope inner = inner_scope(files.front().file.path);
    Node tree = merge_files(std::move(files), inner, ancestors_, documents_);
    if (documents_.interpolates()) fill_variables(tree, inner.environment);
    keep_file_variables(tree, inner.environment);
    return tree;
  }

 private:
  std::string resolved(const Node& node) {
    return resolve_path(node, path_.to_string(), scope_.folder, scope_.environment, report_);
  }

  std::optional<ReadFile> read(const Node& path) {
    const std::optional<InputFile> input =
        is_remote(path.text) ? documents_.fetch(path, path_.to_string()) : documents_.file_at(resolved(path));
    if (!input) return std::nullopt;
    const InputFile& file = *input;
    const auto same_file = [&file](const InputFile& ancestor) { return ancestor.path == file.path; };
    if (const auto first = std::find_if(ancestors_.begin(), ancestors_.end(), same_file);
        first != ancestors_.end()) {
      std::string chain;
      for (auto at = first; at != ancestors_.end(); ++at) chain += at->shown + " -> ";
      report_.error(path.mark(), path_.to_string(),
                    "files include each other in a circle: " + chain + first->shown);
      return std::nullopt;
    }
    if (ancestors_.size() > kMaxChain) {
      report_.error(path.mark(), path_.to_string(),
                    "files include each other more than " + std::to_string(kMaxChain) + " deep");
      return std::nullopt;
    }
    ReadFile result = documents_.read(file, path, path_.to_string(), Origin::Kind::kIncluded);
    if (result.documents.empty()) return std::nullopt;
    return result;
  }

  Scope inner_scope(const std::string& first_file) {
    Scope scope;
    const Node* folder = item_.find("project_directory");
    scope.folder = folder != nullptr ? resolved(*folder) : folder_of(first_file);
    StringMap own;
    if (const Node* files = item_.find("env_file"); files != nullptr && !files->items.empty()) {
      for (const Node& file : files->items)
        if (file.text != "/dev/null") add_env_file(resolved(file), file, own);
    } else if (struct stat status{}; stat(absolute_path(".env", scope.folder).c_str(), &status) == 0) {
      if (!S_ISDIR(status.st_mode)) add_env_file(absolute_path(".env", scope.folder), item_, own);
    }
    scope.environment = scope_.environment;
    scope.environment.merge(own);
    return scope;
  }

  void add_env_file(const std::string& path, const Node& asker, StringMap& into) {
    const Source* source = read_source(report_, path, documents_.file_at(path).shown, asker.mark(),
                                       path_.to_string(), asker.at.chain_to(Origin::Kind::kIncluded));
    if (source != nullptr) add_variables(*source, scope_.environment, into, report_);
  }

  // Variables without a value are those of the included project's environment.
  void fill_variables(Node& tree, const StringMap& environment) {
    for (const std::string_view place : {"services.*.environment.*", "services.*.build.args.*"})
      for_each_match(tree, place, [&](Node& node, const Path& path) {
        const auto found = environment.find(path.last());
        if (node.is_null() && found != environment.end() && scope_.environment.count(found->first) == 0)
          node = Node::scalar(found->second, node.at);
      });
  }

  // Configs and secrets made from variables that only the included project's own .env has.
  void keep_file_variables(const Node& tree, const StringMap& environment) {
    for (const std::string section : {"configs", "secrets"}) {
      const Node* objects = tree.find(section);
      if (objects == nullptr || !objects->is_map()) continue;
      for (const Entry& entry : objects->entries) {
        const Node* name = entry.value.is_map() ? entry.value.find("environment") : nullptr;
        const auto found = name == nullptr ? environment.end() : environment.find(name->text);
        if (found != environment.end() && scope_.environment.count(found->first) == 0)
          documents_.keep_file_variable(section + '.' + entry.key, found->first, found->second);
      }
    }
  }

  const Node& item_;
  const Path& path_;
  const Scope& scope_;
  const std::vector<InputFile>& ancestors_;
  Documents& documents_;
  Report& report_;
};

// Puts `included` below `own`, a definition of the same name.
void put_under(Entry& own, Node included, const Mark& place, const Path& path, Documents& documents) {
  Node& value = own.value;
  if (value.tag != Node::Tag::kNone || same(value, included)) return;
  if (!is_empty(value))
    documents.report().warning(own.key_at.mark(), path.to_string(),
                               "is defined in " + place.to_string() +
                                   " too, which is included; this definition is laid over that one",
                               "rename one of them if they are not meant to be one");
  if (value.is_null()) value = Node::map(value.at);
  documents.count(included, own.key_at);
  lay_under(value, std::move(included), path, documents.report());
}

void put_section_under(Node& own, Node included, const Path& path, Documents& documents) {
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < own.entries.size(); ++i) places.emplace(own.entries[i].key, i);
  for (Entry& entry : included.entries) {
    const auto place = places.find(entry.key);
    if (place == places.end())
      own.entries.push_back(std::move(entry));
    else
      put_under(own.entries[place->second], std::move(entry.value), entry.key_at.mark(), path.key(entry.key),
                documents);
  }
}

void put_project_under(Node& document, Node included, Documents& documents) {
  document.damaged |= included.damaged;
  for (const char* name : kSections) {
    Node* theirs = included.find(name);
    if (theirs == nullptr || !theirs->is_map()) continue;
    Node* own = document.find(name);
    if (own == nullptr || (own->is_null() && own->tag == Node::Tag::kNone))
      document.set(name, theirs->at, std::move(*theirs));
    else if (own->tag == Node::Tag::kNone)
      put_section_under(*own, std::move(*theirs), Path().key(name), documents);
  }
}

}  // namespace

void apply_includes(Node& document, const Scope& scope, const std::vector<InputFile>& ancestors,
                    Documents& documents) {
  const Node* include = document.find("include");
  if (include == nullptr) return;
  const Node list = *include;
  document.erase("include");
  for (size_t i = 0; i < list.items.size(); ++i)
    put_project_under(
        document,
        Inclusion(list.items[i], Path().key("include").index(i), scope, ancestors, documents).load(),
        documents);
}

}  // namespace parser
