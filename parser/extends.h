#pragma once
// `extends`: a service that starts from another one. The other one stands in the same document, in an earlier
// one, or in a file that is read for it alone: of that file only the service is taken, its relative paths go
// by the file's own folder, and what the service refers to (networks, volumes, services it depends on) has to
// be in the project. The rules of merging are those of files. Source: Compose Specification, "Extends".
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parser/documents.h"
#include "parser/path.h"

namespace parser {

// One for each scope, since it keeps the files it reads.
class Extends {
 public:
  // Both must outlive it.
  Extends(const Scope& scope, Documents& documents);

  // Takes `extends` out of every service of a prepared document and puts the other service under the rest.
  // `before`: what the earlier documents came to.
  void apply(Node& document, const Node& before, const InputFile& file);

 private:
  using Index = std::map<std::string, size_t>;  // where in `services` each one is
  // A file, or of the project's own files one document.
  struct Home {
    ReadFile read;
    std::string folder;            // of relative paths
    const Node* before = nullptr;  // null: the documents before are those of `read`
    std::vector<Index> places;     // of each document
    Index places_before;           // of `before`
    bool broken = false;
    // Null when the document has no service of that name, or takes it away.
    Node* find(size_t document, const std::string& name);
  };
  struct Step {
    const Home* home;
    size_t document;
    std::string service;
  };

  void resolve(Home& home, size_t document, const std::string& name);
  std::optional<Node> find_base(Home& home, size_t document, const Node& request, const Path& path);
  std::optional<Node> in_file(const Node& file, const Node& service, const Path& path);
  std::optional<Node> nearby(Home& home, size_t document, const std::string& name);
  std::optional<Node> folded(Home& home, size_t documents, const std::string& name);
  Home* open(const Node& file, const Path& path);
  bool closes_circle(const Step& step, const Node& request, const Path& path);
  void report_missing(const Node& service, const std::string& file, const std::vector<std::string>& known,
                      const std::string& hint, const Path& path);

  const Scope& scope_;
  Documents& documents_;
  Report& report_;
  std::map<std::string, std::unique_ptr<Home>> files_;  // by path
  std::vector<Step> chain_;
};

}  // namespace parser
