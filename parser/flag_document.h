#pragma once
// A service whose attributes are flags of a command: a document as a file would hold it, read by the very
// code that reads files. Every place in it is a flag, so that what is wrong is told at the flag ("--publish:
// ...").
#include <string>
#include <utility>
#include <vector>

#include "parser/environment.h"
#include "parser/node.h"
#include "parser/project.h"
#include "parser/report.h"

namespace parser {

// `attribute` is a name of the Specification, or a place below one: "healthcheck/interval". An attribute that
// several flags give as lists has the items of all of them.
class FlagDocument {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  FlagDocument();
  FlagDocument(const FlagDocument&) = delete;
  FlagDocument& operator=(const FlagDocument&) = delete;

  void text(const std::string& attribute, const std::string& flag, const std::string& value);
  // Given without values, the attribute is an empty list.
  void list(const std::string& attribute, const std::string& flag, const std::vector<std::string>& values);
  // A list of NAME=VALUE; of NAME alone, too, unless `need_value`.
  void pairs(const std::string& attribute, const std::string& flag, const std::vector<std::string>& values,
             bool need_value);
  // A map, empty unless more is said of it.
  void map(const std::string& attribute, const std::string& flag);
  // A member of a map, whatever is in its name.
  void member(const std::string& attribute, const std::string& flag, const std::string& name,
              const std::string& value);
  // One more item of a list, itself a map; "bind/propagation" is a field within a field.
  void item(const std::string& attribute, const std::string& flag, const Fields& fields);
  // A value that cannot be, with what would be right.
  void error(const std::string& flag, const std::string& message, const std::string& hint);

  // Brings short forms into their long ones and makes relative paths absolute by `folder`. To be called once,
  // when everything is given. Throws LoadError for what `error` and `pairs` found; what is wrong with a short
  // form is told by `service`, with all the rest.
  void complete(const StringMap& environment, const std::string& folder);
  // The document, its service being "_".
  const Node& root() const { return root_; }
  // After `complete`; variables without a value have `environment`'s. Throws LoadError.
  Service service(const StringMap& environment, const std::string& folder);

 private:
  Location place(const std::string& flag);
  // The node of an attribute, made when missing; those on the way are maps.
  Node& at(const std::string& attribute, const Location& at);
  void throw_if_failed() const;

  Report report_;
  Location at_;
  Node root_;
};

}  // namespace parser
