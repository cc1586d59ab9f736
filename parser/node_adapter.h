#pragma once
// Lets valijson look at a Node tree as it stands, no copy made. Views of the tree, which must outlive them.
// A scalar counts as all the types that satisfies() says. Two views are not plain ones, because a document is
// checked before it is merged:
//  - the value of a key that is nothing or tagged !reset is null, which the judge's schema allows everywhere:
//    in an override it means "keep" or "take away";
//  - an item of a list that is nothing, tagged, or poisoned, and a poisoned value, are of no type at all, so
//    that no schema takes them.
// To be included by schema_judge.cpp alone: valijson is a lot to compile.
#include <stdexcept>
#include <utility>
#include <valijson/adapters/std_string_adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>

#include "parser/specification.h"

namespace parser {

class NodeAdapter;
class NodeItems;
class NodeEntries;
using NodeMember = std::pair<const std::string&, NodeAdapter>;

class NodeValue {
 public:
  enum class View { kPlain, kNull, kNoType };

  NodeValue() : NodeValue(nothing(), View::kNull) {}
  explicit NodeValue(const Node& node, View view = View::kPlain, bool extension = false)
      : node_(&node), view_(view), extension_(extension) {}

  bool isArray() const { return is(Type::kList); }
  bool isBool() const { return is(Type::kBoolean); }
  bool isDouble() const { return is(Type::kNumber); }
  bool isInteger() const { return is(Type::kInteger); }
  bool isNull() const { return view_ == View::kNull || is(Type::kNull); }
  bool isNumber() const { return is(Type::kNumber); }
  bool isObject() const { return is(Type::kMap); }
  bool isString() const { return is(Type::kString); }
  bool is_any(Types types) const { return view_ == View::kPlain && satisfies_any(*node_, types); }
  static bool hasStrictTypes() { return true; }
  // Its key is one of those that begin with "x-".
  bool is_extension() const { return extension_; }
  // What it says is not known before its variables are.
  bool is_templated() const { return node_->templated; }

  opt::optional<NodeItems> getArrayOptional() const;
  opt::optional<NodeEntries> getObjectOptional() const;
  bool getArraySize(size_t& size) const { return put(isArray(), node_->items.size(), size); }
  bool getObjectSize(size_t& size) const { return put(isObject(), node_->entries.size(), size); }
  bool getString(std::string& text) const { return put(isString(), node_->text, text); }
  // Asked for by keywords only that the schemas do not use (minimum, const, uniqueItems).
  bool getBool(bool&) const { return false; }
  bool getDouble(double&) const { return false; }
  bool getInteger(int64_t&) const { return false; }
  valijson::adapters::FrozenValue* freeze() const { throw std::logic_error("a node is not copied"); }

 private:
  static const Node& nothing() {
    static const Node kNothing;
    return kNothing;
  }
  bool is(Type type) const { return view_ == View::kPlain && satisfies(*node_, type); }
  template <typename T>
  static bool put(bool there, const T& value, T& result) {
    if (there) result = value;
    return there;
  }

  const Node* node_;
  View view_;
  bool extension_;
};

class NodeAdapter
    : public valijson::adapters::BasicAdapter<NodeAdapter, NodeItems, NodeMember, NodeEntries, NodeValue> {
 public:
  NodeAdapter() = default;
  explicit NodeAdapter(const NodeValue& value) : BasicAdapter(value), value_(value) {}
  const NodeValue& value() const { return value_; }

 private:
  NodeValue value_;  // the base's is private
};

// What valijson wants of an iterator, over a pointer into a vector.
template <typename Own, typename Element, typename View>
class NodeIterator {
 public:
  explicit NodeIterator(const Element* at) : at_(at) {}
  View operator*() const { return Own::view(*at_); }
  valijson::adapters::DerefProxy<View> operator->() const {
    return valijson::adapters::DerefProxy<View>(**this);
  }
  bool operator==(const NodeIterator& other) const { return at_ == other.at_; }
  NodeIterator& operator++() {
    ++at_;
    return *this;
  }
  NodeIterator operator++(int) { return NodeIterator(at_++); }
  NodeIterator& operator--() {
    --at_;
    return *this;
  }
  void advance(std::ptrdiff_t count) { at_ += count; }

 private:
  const Element* at_;
};

class NodeItems {
 public:
  using const_iterator = NodeIterator<NodeItems, Node, NodeAdapter>;

  NodeItems() = default;
  explicit NodeItems(const std::vector<Node>& items) : items_(&items) {}
  const_iterator begin() const { return const_iterator(items_ == nullptr ? nullptr : items_->data()); }
  const_iterator end() const {
    return const_iterator(items_ == nullptr ? nullptr : items_->data() + items_->size());
  }
  size_t size() const { return items_ == nullptr ? 0 : items_->size(); }

  static NodeAdapter view(const Node& item) {
    const bool sound = !item.is_null() && item.tag == Node::Tag::kNone && !item.poisoned;
    return NodeAdapter(NodeValue(item, sound ? NodeValue::View::kPlain : NodeValue::View::kNoType));
  }

 private:
  const std::vector<Node>* items_ = nullptr;
};

class NodeEntries {
 public:
  using const_iterator = NodeIterator<NodeEntries, Entry, NodeMember>;

  NodeEntries() = default;
  explicit NodeEntries(const std::vector<Entry>& entries) : entries_(&entries) {}
  const_iterator begin() const { return const_iterator(entries_ == nullptr ? nullptr : entries_->data()); }
  const_iterator end() const {
    return const_iterator(entries_ == nullptr ? nullptr : entries_->data() + entries_->size());
  }
  size_t size() const { return entries_ == nullptr ? 0 : entries_->size(); }
  const_iterator find(const std::string& key) const {
    if (entries_ == nullptr) return end();
    for (const Entry& entry : *entries_)
      if (entry.key == key) return const_iterator(&entry);
    return end();
  }

  static NodeMember view(const Entry& entry) {
    const Node& value = entry.value;
    const NodeValue::View view = value.is_null() || value.tag == Node::Tag::kReset ? NodeValue::View::kNull
                                 : value.poisoned                                  ? NodeValue::View::kNoType
                                                                                   : NodeValue::View::kPlain;
    return {entry.key, NodeAdapter(NodeValue(value, view, entry.key.rfind("x-", 0) == 0))};
  }

 private:
  const std::vector<Entry>* entries_ = nullptr;
};

inline opt::optional<NodeItems> NodeValue::getArrayOptional() const {
  if (!isArray()) return {};
  return NodeItems(node_->items);
}

inline opt::optional<NodeEntries> NodeValue::getObjectOptional() const {
  if (!isObject()) return {};
  return NodeEntries(node_->entries);
}

}  // namespace parser

template <>
struct valijson::adapters::AdapterTraits<parser::NodeAdapter> {
  using DocumentType = parser::Node;
  static std::string adapterName() { return "NodeAdapter"; }
};
