#include "parser/yaml_stretch.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "parser/yaml.h"

namespace parser {

namespace {

// Ends the reading of a file whose error is already reported.
struct Abandon {};

class TreeBuilder : public YAML::EventHandler {
 public:
  // The parser's first line is line `first_line` of the source, both from 0.
  TreeBuilder(const Source& source, int first_line, Report& report)
      : source_(source), first_line_(first_line), report_(report) {}

  size_t offset_of(const YAML::Mark& mark) const {
    return source_.offset_of(first_line_ + mark.line, mark.column);
  }
  size_t values() const { return nodes_; }
  std::optional<Node> take_document() { return std::exchange(document_, std::nullopt); }

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Node::null(locate(mark)), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) abandon(locate(mark).mark(), "alias that refers to the node it stands in");
    count_aliased(found->second, locate(mark));
    // Below a merge key or in a list the alias is the node itself, marks and all: errors point at the
    // anchor's text.
    place(Node(found->second), YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    last_scalar_ = offset_of(mark);
    const bool untagged = tag == "?" || tag == "!";
    if (untagged && anchor == YAML::NullAnchor && !open_.empty() && open_.back().takes_key()) {
      const Location at = locate(mark);
      count_one(at);
      take_key(open_.back(), value, at);
      return;
    }
    Node node = Node::scalar(value, locate(mark));
    node.plain = tag == "?" || tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
                 tag == "tag:yaml.org,2002:bool";
    read_tag(node, tag);
    // "!reset null", "!!null ''" and an empty value arrive as scalars because they carry a tag.
    if (tag == "tag:yaml.org,2002:null" ||
        (node.tag != Node::Tag::kNone && (value.empty() || value == "null" || value == "~")))
      node.kind = Node::Kind::kNull;
    else if (node.tag != Node::Tag::kNone)
      node.plain = true;
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::sequence(locate(mark)), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::map(locate(mark)), tag, anchor);
  }
  void OnMapEnd() override { close(); }

  // The scanner takes the end of the file for a closing quote; only the last scalar can be cut off so.
  void check_last_quote() {
    const std::string& text = source_.text();
    size_t at = last_scalar_;
    while (at < text.size() && (text[at] == '&' || text[at] == '!'))
      at = std::min(text.find_first_not_of(" \n", text.find_first_of(" \n", at)), text.size());
    if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return;
    if (find_closing_quote(text, at) == std::string::npos)
      abandon(source_.mark_at(at), "quote that is never closed");
  }

 private:
  struct Open {
    enum class Next { kKey, kValue, kUnusedValue, kMergedValue };

    Node node;
    YAML::anchor_t anchor;
    Next next = Next::kKey;                           // of a map
    std::vector<Node> merged = {};                    // values of `<<`
    size_t indexed = 0;                               // so many of its keys are in `lines`
    std::unordered_map<std::string, int> lines = {};  // of keys, for duplicates; filled when there are many

    bool takes_key() const { return node.is_map() && next == Next::kKey; }

    // The line of the map's key of this name; 0: it has none.
    int line_of(const std::string& key) {
      constexpr size_t kFew = 16;
      const std::vector<Entry>& entries = node.entries;
      if (entries.size() <= kFew) {
        const Entry* entry = node.find_entry(key);
        return entry == nullptr ? 0 : entry->key_at.line;
      }
      for (; indexed < entries.size(); ++indexed)
        lines.emplace(entries[indexed].key, entries[indexed].key_at.line);
      const auto found = lines.find(key);
      return found == lines.end() ? 0 : found->second;
    }
  };

  Location locate(const YAML::Mark& mark) const {
    return source_.locate(first_line_ + mark.line, mark.column);
  }

  [[noreturn]] void abandon(const Mark& mark, const std::string& message) {
    report_.error(mark, "", message);
    throw Abandon{};
  }

  void read_tag(Node& node, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.rfind("tag:yaml.org,2002:", 0) == 0) return;
    if (tag == "!reset")
      node.tag = Node::Tag::kReset;
    else if (tag == "!override")
      node.tag = Node::Tag::kOverride;
    else
      report_.error(node.mark(), "", "unknown tag '" + tag + "'", "Compose knows !reset and !override");
  }

  void count_one(const Location& at) {
    if (++nodes_ > kMaxNodes)
      abandon(at.mark(), "more than " + std::to_string(kMaxNodes) + " values in one file");
  }

  // Aliases of aliases multiply: a few lines can stand for more values than there is memory.
  void count_aliased(const Node& node, const Location& alias) {
    if (++aliased_ > kMaxAliasedNodes)
      abandon(alias.mark(), "aliases stand for more than " + std::to_string(kMaxAliasedNodes) + " values");
    for (const Node& item : node.items) count_aliased(item, alias);
    for (const Entry& entry : node.entries) count_aliased(entry.value, alias);
  }

  void open(Node node, const std::string& tag, YAML::anchor_t anchor) {
    if (static_cast<int>(open_.size()) >= kMaxDepth)
      abandon(node.mark(), "nested more than " + std::to_string(kMaxDepth) + " levels deep");
    count_one(node.at);
    read_tag(node, tag);
    open_.push_back({std::move(node), anchor});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    for (const Node& source : done.merged) merge_keys(done, source);
    place(std::move(done.node), done.anchor);
  }

  void add(Node&& node, YAML::anchor_t anchor) {
    count_one(node.at);
    place(std::move(node), anchor);
  }

  void place(Node&& node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    if (open_.empty()) {
      document_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    switch (std::exchange(parent.next, Open::Next::kKey)) {
      case Open::Next::kKey:
        if (!node.is_scalar()) abandon(node.mark(), "a key must be a plain word, not " + describe(node));
        take_key(parent, node.text, node.at);
        break;
      case Open::Next::kMergedValue:
        parent.merged.push_back(std::move(node));
        break;
      case Open::Next::kUnusedValue:
        break;
      case Open::Next::kValue: {
        Entry& entry = parent.node.entries.back();
        // An empty value is reported by the scanner where the next token stands; the key is what a reader
        // looks for.
        if (node.is_null() && node.tag == Node::Tag::kNone) node.at = entry.key_at;
        entry.value = std::move(node);
      }
    }
  }

  void take_key(Open& parent, const std::string& key, const Location& at) {
    if (key.empty()) abandon(at.mark(), "empty key");
    if (key == "<<") {
      parent.next = Open::Next::kMergedValue;
    } else if (const int before = parent.line_of(key); before != 0) {
      report_.error(at.mark(), "", "'" + key + "' is given twice, first in line " + std::to_string(before));
      parent.next = Open::Next::kUnusedValue;
    } else {
      parent.node.entries.push_back({key, at, Node()});
      parent.next = Open::Next::kValue;
    }
  }

  // Keys of the map itself win over merged ones, an earlier merged map over a later one.
  void merge_keys(Open& into, const Node& from) {
    if (from.is_sequence()) {
      for (const Node& item : from.items) merge_keys(into, item);
      return;
    }
    if (!from.is_map()) {
      report_.error(from.mark(), "", "'<<' takes a map or a list of maps, not " + describe(from));
      return;
    }
    for (const Entry& entry : from.entries)
      if (into.line_of(entry.key) == 0) into.node.entries.push_back(entry);
  }

  const Source& source_;
  int first_line_;
  Report& report_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::optional<Node> document_;
  size_t nodes_ = 0;
  size_t aliased_ = 0;
  size_t last_scalar_ = 0;
};

}  // namespace

Reading read_stretch(const Source& source, const Stretch& stretch, Report& report) {
  std::string head;
  if (!stretch.key.empty()) head = std::string(stretch.key) + ":\n";
  const int first_line = source.mark_at(stretch.begin).line - 1 - (head.empty() ? 0 : 1);
  std::istringstream text(head + source.text().substr(stretch.begin, stretch.end - stretch.begin));
  TreeBuilder builder(source, first_line, report);
  Reading reading;
  try {
    YAML::Parser parser(text);
    while (parser.HandleNextDocument(builder)) {
      std::optional<Node> document = builder.take_document();
      if (document && !document->is_null()) reading.documents.push_back(std::move(*document));
    }
    builder.check_last_quote();
  } catch (const YAML::Exception& error) {
    const SyntaxError plain = explain_syntax_error(source, builder.offset_of(error.mark), error.msg);
    report.error(plain.mark, "", plain.message, plain.hint);
    reading.documents.clear();
  } catch (const Abandon&) {
    reading.documents.clear();
  }
  reading.values = builder.values();
  return reading;
}

}  // namespace parser
