#pragma once
// A map of the tree being read: each call reads one of its attributes into a field, and leaves the field as
// it is when the attribute is not there or has no value. Bad values are reported at their place.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "parser/reader.h"

namespace parser {

class Section {
 public:
  // All three must outlive the section.
  Section(Reader& reader, const Node& node, const Path& path) : reader_(reader), node_(node), path_(path) {}

  const Node* find(const char* name) const;  // null when not there or without a value
  Path place(const char* name) const { return path_.key(name); }
  const Node& node() const { return node_; }
  const Path& path() const { return path_; }
  Reader& reader() const { return reader_; }

  void text(const char* name, std::string& into) const;
  void flag(const char* name, bool& into) const;
  void flag(const char* name, std::optional<bool>& into) const;
  void bytes(const char* name, int64_t& into) const;
  void number(const char* name, double& into) const;  // 0 or more
  void duration(const char* name, std::optional<Duration>& into) const;
  void strings(const char* name, std::vector<std::string>& into) const;
  void map(const char* name, StringMap& into) const;
  void map(const char* name, OptionalMap& into) const;
  void words(const char* name, std::optional<std::vector<std::string>>& into) const;
  // One of `allowed`; `what` names it in messages: "mode", "action".
  void choice(const char* name, const char* what, std::string& into,
              std::initializer_list<std::string_view> allowed) const;
  // The name of a driver. Plugins bring names of their own, so only what is so close to a known one that it
  // is a slip is an error.
  void driver(const char* name, std::string& into, const std::vector<std::string>& known) const;

  template <typename Number>
  void integer(const char* name, Number& into, int64_t least, int64_t most) const {
    if (const Node* node = find(name)) into = read_integer_of<Number>(*node, name, least, most);
  }
  template <typename Number>
  void integer(const char* name, std::optional<Number>& into, int64_t least, int64_t most) const {
    if (const Node* node = find(name)) into = read_integer_of<Number>(*node, name, least, most);
  }

  // Runs `read(section)` on the attribute, a map itself.
  template <typename Read>
  void sub(const char* name, const Read& read) const {
    const Node* node = find(name);
    if (node == nullptr) return;
    const Path path = place(name);
    read(Section(reader_, *node, path));
  }
  // Runs `read(section)` on each item of the attribute, a list of maps.
  template <typename Read>
  void each(const char* name, const Read& read) const {
    const Node* node = find(name);
    if (node == nullptr) return;
    const Path list = place(name);
    for (size_t i = 0; i < node->items.size(); ++i) {
      const Path path = list.index(i);
      read(Section(reader_, node->items[i], path));
    }
  }

  Extensions extensions() const { return reader_.extensions(node_); }

  // At the section as a whole; of the attribute `name`, which must be there.
  void error(const std::string& message, const std::string& hint = "") const;
  void error_at(const char* name, const std::string& message, const std::string& hint = "") const;
  void warning_at(const char* name, const std::string& message, const std::string& hint = "") const;
  // An attribute that must be there and is not. Quiet when something was already taken out of the section.
  void require(const char* name, const std::string& message, const std::string& hint = "") const;

 private:
  template <typename Number>
  Number read_integer_of(const Node& node, const char* name, int64_t least, int64_t most) const {
    return static_cast<Number>(reader_.integer(node, place(name), least, most));
  }

  Reader& reader_;
  const Node& node_;
  const Path& path_;
};

}  // namespace parser
